import type { TextAnswer } from './bedrock-answer.ts';
import type { BedrockOperation } from './bedrock-operation.ts';
import { converseBody, converseEvents, converseMetadata } from './converse-format.ts';
import { countTokens } from './count-tokens.ts';
import { defaultText, splitIntoWords } from './default-text.ts';
import { renderError } from './error-answer.ts';
import { chunkFrame, type EventStreamFrame, encodeFrame, eventFrame } from './event-stream-frame.ts';
import { invocationHeaders, invocationMetrics } from './invocation-metrics.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from './json.ts';
import { findModelFamily } from './model-families/find-model-family.ts';
import type { ModelReply } from './model-families/model-family.ts';
import { countPrompt } from './prompt-text.ts';
import { renderEvents } from './render-events.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import { resolveUsage } from './token-usage.ts';

/** The part of a request that an answer depends on. */
export interface Call {
  operation: BedrockOperation;
  modelId: string;
  body: Uint8Array;
  receivedAt: Date;
  /** The number of the call among those that the server has answered, from 1. */
  answerNumber: number;
}

type Content = Pick<RenderedAnswer, 'status' | 'headers' | 'body'>;

/** Puts the text of a model into the format of the operation and the model. */
export function renderText(call: Call, answer: TextAnswer): Content {
  const request = parseJsonObject(call.body);
  if (request === undefined) return renderError(malformedBody[call.operation]);
  const elapsedMs = (): number => Math.max(0, Date.now() - call.receivedAt.getTime());
  const reply = createReply(call, request, answer);

  switch (call.operation) {
    case 'InvokeModel': {
      const { body } = findModelFamily(call.modelId, request);
      return {
        ...jsonContent(body(reply)),
        headers: { ...json, ...invocationHeaders(reply.usage, elapsedMs()) },
      };
    }
    case 'InvokeModelWithResponseStream': {
      const { chunks } = findModelFamily(call.modelId, request);
      if (chunks === undefined) {
        return renderError({
          type: 'ValidationException',
          message: 'The model is unsupported for streaming.',
        });
      }
      const frames = chunks(reply).map((chunk, index, all) => (firstByteLatency: number) => {
        const metrics = invocationMetrics(reply.usage, { invocationLatency: elapsedMs(), firstByteLatency });
        const isLast = index === all.length - 1;
        return chunkFrame(
          jsonBytes(isLast ? { ...chunk, 'amazon-bedrock-invocationMetrics': metrics } : chunk),
        );
      });
      const content = streamContent(frames, elapsedMs, answer.chunkDelayMs);
      return {
        ...content,
        headers: { ...content.headers, 'x-amzn-bedrock-content-type': 'application/json' },
      };
    }
    case 'Converse':
      return jsonContent(converseBody(reply, elapsedMs()));
    case 'ConverseStream': {
      const events = converseEvents(reply).map((event) => () => eventFrame(...event));
      const metadata = () => eventFrame('metadata', converseMetadata(reply, elapsedMs()));
      return streamContent([...events, metadata], elapsedMs, answer.chunkDelayMs);
    }
    case 'CountTokens':
      return jsonContent({ inputTokens: countPrompt(countedRequest(request)) });
    case 'ApplyGuardrail':
      return jsonContent({ action: 'NONE', outputs: [], assessments: [], usage: noGuardrailUnits });
  }
}

const malformedInvoke = {
  type: 'ValidationException',
  message: 'Malformed input request, please reformat your input and try again.',
};
const malformedOther = { type: 'SerializationException', message: 'The body is not a JSON object.' };
const malformedBody: Record<BedrockOperation, { type: string; message: string }> = {
  InvokeModel: malformedInvoke,
  InvokeModelWithResponseStream: malformedInvoke,
  Converse: malformedOther,
  ConverseStream: malformedOther,
  CountTokens: malformedOther,
  ApplyGuardrail: malformedOther,
};

const noGuardrailUnits = {
  topicPolicyUnits: 0,
  contentPolicyUnits: 0,
  wordPolicyUnits: 0,
  sensitiveInformationPolicyUnits: 0,
  sensitiveInformationPolicyFreeUnits: 0,
  contextualGroundingPolicyUnits: 0,
};

function createReply(call: Call, request: JsonObject, answer: TextAnswer): ModelReply {
  const pieces = answer.chunks ?? splitIntoWords(answer.text ?? defaultText(request));
  const text = pieces.join('');
  const counted = { inputTokens: countPrompt(request), outputTokens: countTokens(text) };
  return {
    modelId: call.modelId,
    answerNumber: call.answerNumber,
    request,
    text,
    pieces,
    usage: resolveUsage(answer.usage ?? {}, counted),
    stopReason: answer.stopReason,
  };
}

/** The request that CountTokens counts: a body of Converse as JSON, or a body of InvokeModel as base64 of JSON. */
function countedRequest(request: JsonObject): JsonObject {
  const input = isJsonObject(request.input) ? request.input : {};
  if (isJsonObject(input.converse)) return input.converse;
  const { body } = isJsonObject(input.invokeModel) ? input.invokeModel : {};
  return parseJsonObject(Buffer.from(String(body), 'base64')) ?? {};
}

const json = { 'content-type': 'application/json' };

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function jsonContent(value: unknown): Content {
  return { status: 200, headers: json, body: jsonBytes(value) };
}

type FrameMaker = (firstByteLatency: number) => EventStreamFrame;

/** Frames are created when they are due, because the last frame states how long the call took. */
function streamContent(
  frames: readonly FrameMaker[],
  elapsedMs: () => number,
  chunkDelayMs: number | undefined,
): Content {
  let firstByteLatency: number | undefined;
  const events: { delayMs?: number; makeFrame: FrameMaker }[] = frames.map((makeFrame) => ({ makeFrame }));
  return {
    status: 200,
    headers: { 'content-type': 'application/vnd.amazon.eventstream' },
    body: renderEvents({ events, chunkDelayMs }, ({ makeFrame }) => {
      firstByteLatency ??= elapsedMs();
      return encodeFrame(makeFrame(firstByteLatency));
    }),
  };
}
