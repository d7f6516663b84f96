import {
  type AnswerReader,
  familyOf,
  type JsonSource,
  otherCounts,
  parseBrief,
  type Reading,
  readAppliedGuardrail,
  readBedrockBody,
  readBedrockRequest,
  readConverse,
  readServedHeaders,
  readTokenCountHeaders,
} from '@payi/core/calls';
import type { Call } from './call.ts';
import { type AnsweredCall, eventReader, frameEvents } from './events.ts';
import { observeStream } from './observe-stream.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the usage of a call from its output and settles the call, or replaces the output's stream by an observed one. A
 * fault in here is reported, and the output stays as it was.
 *
 * @param input - As the caller gave it.
 * @param output - The SDK's own object. Only its stream, if any, is replaced.
 */
export function observeOutput(call: Call, input: Members, output: unknown): void {
  const { observation, operation, registration } = call;
  try {
    observation.attachTo(output);
    const providerResponseId = requestIdOf(output);
    if (providerResponseId !== undefined) observation.read('none', { providerResponseId });
    const streamName = operation === 'ConverseStream' ? 'stream' : 'body';
    const stream = (output as Record<string, unknown>)[streamName];
    const served = readServedHeaders(call.responseHeaders);
    if (isAsyncIterable(stream)) {
      observation.read('none', served);
      (output as Record<string, unknown>)[streamName] = observeStream(stream, {
        observation,
        read: eventReader(call, served),
        close: call.closeStream,
        onAbandon: registration.onAbandon,
      });
      return;
    }
    readers[operation]?.(call, input, output as Members);
    observation.read('none', served);
  } catch (cause) {
    observation.giveUp(cause, 'complete');
  }
  observation.settle('complete');
}

type ReadOutput = (call: AnsweredCall, input: Members, output: Members) => void;

const readers: Readonly<Record<string, ReadOutput>> = {
  InvokeModel: readInvokeModel,
  Converse: ({ observation }, _, output) => observation.read('body', readConverse(output)),
  ApplyGuardrail: ({ observation }, _, output) => observation.read('body', readAppliedGuardrail(output)),
  StartAsyncInvoke({ observation }, { modelInput }) {
    observation.warn('the job was only submitted: this is what was asked for, not what came of it');
    observation.read('body', readBedrockRequest(modelInput));
  },
};

/** Reads the body. Counts that it does not have are taken from the headers. */
function readInvokeModel(call: AnsweredCall, input: Members, { body }: Members): void {
  const { observation } = call;
  const { units } = readTokenCountHeaders(call.responseHeaders);
  // Not every answer is JSON: a model may give an image or nothing.
  const answer = body instanceof Uint8Array && body[0] !== 0x7b ? undefined : parseBody(body);
  if (call.proxy !== undefined) observation.readResult(answer);
  const reading = readBedrockBody(answer, familyOf(observation.call.resource));
  const { units: asked, ...facts } = (reading.units ?? units)?.text?.output
    ? ({} as Reading)
    : readBedrockRequest(parseBody(input.body));
  observation.read('none', facts);
  // Pictures that are embedded are not a part of the tokens.
  observation.read('body', asked ? { ...reading, units: { ...units, ...asked, ...reading.units } } : reading);
  if (units && !asked)
    observation.read('response-headers', { alsoCounted: otherCounts('response-headers', units) });
}

function parseBody(body: unknown): unknown {
  return isJsonSource(body) ? parseBrief(body) : undefined;
}

export function isJsonSource(body: unknown): body is JsonSource {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/**
 * Reads the answer of a call that is sent by `fetch`, which nobody has parsed.
 *
 * @param input - The `body` of a request of InvokeModel.
 * @param proxy - Defined if the call goes through Pay-i's proxy.
 */
export function answerReader(operation: string, input: Members, proxy: unknown): AnswerReader {
  let call: AnsweredCall;
  let served: Reading;
  return {
    isStream: operation.endsWith('Stream'),
    begin(observation, headers) {
      const responseHeaders = Object.fromEntries(headers.entries());
      call = { operation, observation, responseHeaders, proxy };
      served = readServedHeaders(responseHeaders);
      const { 'x-amzn-requestid': providerResponseId } = responseHeaders;
      observation.read('none', { ...served, ...(providerResponseId && { providerResponseId }) });
    },
    readBody({ text, value }) {
      if (operation.startsWith('Converse')) readers.Converse?.(call, input, value as Members);
      else readInvokeModel(call, input, { body: text });
      // They know better than the model.
      return served;
    },
    events: frameEvents(
      () => call,
      () => served,
    ),
  };
}

function requestIdOf(output: unknown): string | undefined {
  return (output as { $metadata?: { requestId?: string } }).$metadata?.requestId;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function';
}
