import { isObject } from '../runtime.ts';
import { readAnthropicMessage } from './anthropic-messages.ts';
import { type JsonRecord, record, records, text } from './json.ts';
import { readOpenAIResponse } from './openai-responses.ts';
import { readOpenAIChat, readOpenAIEmbeddings, readOpenAIImages } from './readers.ts';
import type { Reading } from './reading.ts';

/** What one line of a batch's results says. */
export interface BatchLine {
  /** Tells it from the other lines of its batch. */
  readonly lineId: string;
  readonly customId: string | undefined;
  readonly operation: string;
  /** The HTTP status of its answer, if it has got one. */
  readonly status: number | undefined;
  readonly reading: Reading;
  /** Present if it has failed. */
  readonly failure: { readonly name: string; readonly message?: unknown } | undefined;
}

/**
 * Reads a line of results in the format of OpenAI or of Anthropic.
 *
 * @param endpoint - What the batch's requests are for, if it is known.
 * @returns `undefined` for anything else.
 * @see https://platform.openai.com/docs/api-reference/batch/request-output
 * @see https://platform.claude.com/docs/en/api/messages/batches/results
 */
export function readBatchLine(line: unknown, endpoint: string | undefined): BatchLine | undefined {
  const { id, custom_id, response, error, result } = record(line);
  const { type, message, error: refusal } = record(result);
  const customId = text(custom_id);
  if (text(type) !== undefined) {
    const isAnswered = type === 'succeeded';
    if (customId === undefined || isAnswered !== isObject(message)) return undefined;
    return {
      lineId: customId,
      customId,
      operation: 'messages',
      status: isAnswered ? 200 : undefined,
      reading: readAnthropicMessage(message),
      failure: isAnswered ? undefined : failureIn(refusal, type as string),
    };
  }
  const { status_code, request_id, body } = record(response);
  const lineId = text(id) ?? text(request_id) ?? customId;
  if (lineId === undefined || (!isObject(response) && !isObject(error))) return undefined;
  const answer = record(body);
  const status = Number.isInteger(status_code) ? (status_code as number) : undefined;
  const hasFailed = isObject(error) || isObject(answer.error) || !(Number(status ?? 200) < 300);
  const { operation, read } = kindOf(answer, endpoint);
  return {
    lineId,
    customId,
    operation,
    status,
    reading: read(answer),
    failure: hasFailed ? failureIn(isObject(error) ? error : answer, `HTTP ${status}`) : undefined,
  };
}

/** The error in what a line has, at any depth, as both providers wrap it. */
function failureIn(value: unknown, otherwise: string): NonNullable<BatchLine['failure']> {
  const outer = record(value);
  const { code, type, message } = isObject(outer.error) ? record(outer.error) : outer;
  return { name: text(code) ?? text(type) ?? otherwise, message };
}

interface Kind {
  readonly operation: string;
  read(answer: JsonRecord): Reading;
}

const images: Kind = {
  operation: 'images/generations',
  read: (answer) => readOpenAIImages({ ...answer, images: records(answer.data).length }),
};
const kinds: Readonly<Record<string, Kind>> = {
  response: { operation: 'responses', read: readOpenAIResponse },
  list: { operation: 'embeddings', read: readOpenAIEmbeddings },
  'chat.completion': { operation: 'chat/completions', read: readOpenAIChat },
  text_completion: { operation: 'completions', read: readOpenAIChat },
};

/** By the answer; a failed line has only the endpoint of its batch. */
function kindOf({ object, data }: JsonRecord, endpoint: string | undefined): Kind {
  const [, operation] = /^\/v1\/([a-z/]{1,40})$/.exec(endpoint ?? '') ?? [];
  const name = text(object) ?? '';
  const byAnswer = Object.hasOwn(kinds, name) ? kinds[name] : Array.isArray(data) ? images : undefined;
  return { operation: operation ?? 'batches', read: readOpenAIChat, ...byAnswer };
}
