import {
  decodeText,
  disagreements,
  familyOf,
  parseJson,
  parseMember,
  readBedrockBody,
  readConverse,
  readTokenCountHeaders,
  resultNames,
} from '@payi/core/adapter';
import type { Call } from './call.ts';
import { eventReader } from './events.ts';
import { observeStream } from './observe-stream.ts';

interface BlobOutput {
  readonly body?: unknown;
}

/**
 * Reads the usage of a call from its output and settles the call, or replaces the output's stream by an observed one. A
 * fault in here is reported, and the output stays as it was.
 *
 * @param input - As the caller gave it.
 * @param output - The SDK's own object. Only its stream, if any, is replaced.
 */
export function observeOutput(call: Call, input: Readonly<Record<string, unknown>>, output: unknown): void {
  const { observation, operation, registration } = call;
  try {
    observation.attachTo(output);
    const providerResponseId = requestIdOf(output);
    if (providerResponseId !== undefined) observation.read('none', { providerResponseId });
    const streamName = operation === 'ConverseStream' ? 'stream' : 'body';
    const stream = (output as Record<string, unknown>)[streamName];
    if (isAsyncIterable(stream)) {
      (output as Record<string, unknown>)[streamName] = observeStream(stream, {
        observation,
        read: eventReader(call),
        close: call.closeStream,
        onAbandon: registration.onAbandon,
      });
      return;
    }
    if (operation === 'InvokeModel') readInvokeModel(call, input, output as BlobOutput);
    else if (operation === 'Converse') observation.read('body', readConverse(output));
  } catch (cause) {
    observation.giveUp(cause, 'complete');
  }
  observation.settle('complete');
}

/**
 * The counts of InvokeModel are in its response headers. The body, which may be megabytes, is decoded only if
 * they have no counts, or lack the lifetimes of a cache write or the usage of guardrails.
 */
function readInvokeModel(call: Call, input: Readonly<Record<string, unknown>>, { body }: BlobOutput): void {
  const { observation, registration } = call;
  const headers = readTokenCountHeaders(call.responseHeaders);
  if (body instanceof Uint8Array) {
    if (registration.proxy !== undefined) observation.readResult(parseMember(body, resultNames));
    const isEnough =
      headers.units !== undefined &&
      headers.units.text_cache_write === undefined &&
      input.guardrailIdentifier === undefined;
    // Not every answer is JSON: a model may give an image or nothing.
    if (!isEnough && body[0] === 0x7b) {
      const answer = parseJson(decodeText(body));
      const reading = readBedrockBody(answer, familyOf(observation.call.resource));
      observation.read('body', reading);
      const inBody = { source: 'body', units: reading.units ?? {} };
      const inHeaders = { source: 'response-headers', units: headers.units ?? {} };
      for (const difference of disagreements(inBody, inHeaders)) {
        observation.warn(`sources disagree on ${difference}`);
      }
    }
  }
  observation.read('response-headers', headers);
}

function requestIdOf(output: unknown): string | undefined {
  return (output as { $metadata?: { requestId?: string } }).$metadata?.requestId;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function';
}
