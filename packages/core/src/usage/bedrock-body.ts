import { type AnswerFormat, formatReader } from './answer-format.ts';
import { readAnthropicEvent, readAnthropicMessage } from './anthropic-messages.ts';
import { readConverse, readConverseEvent } from './converse.ts';
import * as formats from './formats.ts';
import { readGuardrail } from './guardrail.ts';
import { isText, type JsonRecord, record } from './json.ts';
import type { ModelFamily } from './model-family.ts';
import { readInvocationMetrics, readOpenAIChat } from './readers.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

type Read = (value: unknown) => Reading;
type Readers = readonly [body: Read, chunk: Read];

const anthropic: Readers = [readAnthropicMessage, readAnthropicEvent];
const nova: Readers = [readConverse, readConverseEvent];
const chat: Readers = [readOpenAIChat, readOpenAIChat];
const cohere = /* @__PURE__ */ bothReaders(formats.cohere);
const llama = /* @__PURE__ */ bothReaders(formats.llama);
const mistralText = /* @__PURE__ */ bothReaders(formats.mistralText);
const titan = /* @__PURE__ */ bothReaders(formats.titan);
const pictures = /* @__PURE__ */ bothReaders(formats.bedrockImages);
const sonic = /* @__PURE__ */ bothReaders(formats.novaSonic);

/** For families whose chunks have the format of their bodies. */
function bothReaders(format: AnswerFormat): Readers {
  const read = formatReader(format);
  return [read, read];
}

/** The families that do not answer in OpenAI's format. */
const byFamily: { readonly [Family in ModelFamily]?: Readers } = { anthropic, nova, llama, titan, cohere };

/** Members of an answer, or of its `usage`, that only one format has. The first that is there decides. */
const byMember: Readonly<Record<string, Readers>> = {
  choices: chat,
  prompt_tokens: chat,
  output: nova,
  messageStop: nova,
  contentBlockStart: nova,
  contentBlockDelta: nova,
  metadata: nova,
  inputTokens: nova,
  generation: llama,
  prompt_token_count: llama,
  generation_token_count: llama,
  inputTextTokenCount: titan,
  totalOutputTextTokenCount: titan,
  outputs: mistralText,
  meta: cohere,
  generations: cohere,
  generation_id: cohere,
  event_type: cohere,
  is_finished: cohere,
  input_tokens: anthropic,
  completion: anthropic,
  event: sonic,
  embeddings: cohere,
  images: pictures,
  artifacts: pictures,
};

/**
 * Reads the JSON body of InvokeModel of any model: what the model and its guardrails say.
 *
 * The body itself decides how it is read, because the ARN of an application inference profile hides the name of the model,
 * and a price-as resource may be that of another family.
 *
 * @param family - Decides if the body does not.
 */
export function readBedrockBody(body: unknown, family?: ModelFamily): Reading {
  return mergeReadings(read(body, family, 0), readGuardrail(body));
}

/** Reads the JSON of one chunk of a stream of InvokeModel, in one direction or both, with the metrics of the last one. */
export function readBedrockChunk(chunk: unknown, family?: ModelFamily): Reading {
  const reading = mergeReadings(readInvocationMetrics(chunk), read(chunk, family, 1));
  const guarded = readGuardrail(chunk);
  // An intervention may come in the only chunk of a stream.
  return mergeReadings(reading, guarded.properties ? { ...guarded, isLast: true } : guarded);
}

function read(value: unknown, family: ModelFamily | undefined, kind: 0 | 1): Reading {
  const root = record(value);
  const readers = isAnthropic(root)
    ? anthropic
    : (readersByMember(root) ??
      readersByMember(record(root.usage)) ??
      (family && (byFamily[family] ?? chat)));
  return readers?.[kind](value) ?? nothing;
}

/** Checked first, because most events of a stream have such a type. */
function isAnthropic({ type }: JsonRecord): boolean {
  return isText(type) && /^(message|content_block)/.test(type);
}

function readersByMember(value: object): Readers | undefined {
  for (const member in byMember) {
    if (member in value) return byMember[member];
  }
  return undefined;
}
