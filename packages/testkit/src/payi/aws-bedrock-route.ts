import type { Message } from '@smithy/eventstream-codec';
import { type BedrockOperation, findRoute } from '../bedrock-operation.ts';
import { parseJsonObject } from '../json.ts';
import { invocationMetricsMember, readBedrockUsage, readBedrockUsageHeaders } from './bedrock-usage.ts';
import {
  EventStreamTap,
  encodeMessage,
  type Frame,
  type FrameHandler,
  textHeader,
} from './event-stream-tap.ts';
import { addJsonMember } from './proxy-result.ts';
import type { ProxyOperation, ProxyRoute, StreamMeter } from './proxy-route.ts';
import type { StreamTap } from './stream-tap.ts';
import type { Usage } from './usage.ts';

const proxied: readonly BedrockOperation[] = [
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'Converse',
  'ConverseStream',
];

/** AWS Bedrock's four model operations. */
export const awsBedrockRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/aws.bedrock',
  category: 'system.aws.bedrock',
  requiredHeaders: [],

  match(providerPath): ProxyOperation | undefined {
    const route = findRoute(providerPath.replace(/\?.*$/, ''));
    if (route === undefined || !proxied.includes(route.operation)) return undefined;
    return { operation: route.operation, resource: route.modelId };
  },

  readUsage: (_operation, body, headers): Usage => ({
    ...readBedrockUsageHeaders(headers),
    ...readBedrockUsage(body),
  }),

  tapStream(operation, contentType, meter): StreamTap | undefined {
    if (!contentType.startsWith('application/vnd.amazon.eventstream')) return undefined;
    const isConverse = operation === 'ConverseStream';
    return new EventStreamTap(isConverse ? new ConverseFrames(meter) : new InvokeFrames(meter));
  },
};

/** Puts the result into the `metadata` event, which ends a ConverseStream answer and holds its usage. */
class ConverseFrames implements FrameHandler {
  readonly #meter: StreamMeter;
  #hasFailed = false;

  constructor(meter: StreamMeter) {
    this.#meter = meter;
  }

  onFrame({ bytes, message }: Frame): Uint8Array[] {
    if (!message) return [bytes];
    if (isException(message)) this.#hasFailed = true;
    if (textHeader(message, ':event-type') !== 'metadata') return [bytes];
    this.#meter.observe(readBedrockUsage(parseJsonObject(message.body)));
    const result = this.#meter.settle('ok');
    const body = addJsonMember(message.body, this.#meter.resultMember, result);
    return [body ? encodeMessage(message, body) : bytes];
  }

  onEnd(isComplete: boolean): Uint8Array[] {
    this.#meter.settle(isComplete && !this.#hasFailed ? 'ok' : 'failed');
    return [];
  }
}

/**
 * Puts the result into the last chunk of an InvokeModelWithResponseStream answer: the chunk with Bedrock's invocation
 * metrics or, in a stream without metrics, the final chunk. Each chunk is held back until the next frame shows that it
 * is not the final chunk.
 */
class InvokeFrames implements FrameHandler {
  readonly #meter: StreamMeter;
  #usage: Usage = {};
  #held: Frame | undefined;
  #isSettled = false;

  constructor(meter: StreamMeter) {
    this.#meter = meter;
  }

  onFrame(frame: Frame): Uint8Array[] {
    const { bytes, message } = frame;
    if (this.#isSettled || !message) return [...this.#release(), bytes];
    // An exception ends the stream, so the chunk before it was the final chunk.
    if (isException(message)) return [...this.#close('failed'), bytes];
    const chunk = textHeader(message, ':event-type') === 'chunk' ? parseChunk(message) : undefined;
    if (!chunk) return [...this.#release(), bytes];

    const earlier = this.#release();
    this.#held = frame;
    const event = parseJsonObject(chunk);
    this.#usage = readBedrockUsage(event, this.#usage);
    this.#meter.observe(this.#usage);
    return event && invocationMetricsMember in event ? [...earlier, ...this.#close('ok')] : earlier;
  }

  onEnd(isComplete: boolean): Uint8Array[] {
    if (isComplete && !this.#isSettled) return this.#close('ok');
    if (!this.#isSettled) this.#meter.settle('failed');
    return this.#release();
  }

  /** Settles the call and returns the chunk that was held back, with the result in it. */
  #close(outcome: 'ok' | 'failed'): Uint8Array[] {
    this.#isSettled = true;
    const result = this.#meter.settle(outcome);
    const held = this.#held;
    this.#held = undefined;
    if (!held?.message) return [];
    const chunk = addJsonMember(
      parseChunk(held.message) ?? new Uint8Array(),
      this.#meter.resultMember,
      result,
    );
    return [chunk ? encodeChunk(held.message, chunk) : held.bytes];
  }

  #release(): Uint8Array[] {
    const held = this.#held;
    this.#held = undefined;
    return held ? [held.bytes] : [];
  }
}

/** @returns The model's own bytes, which travel as base64 in the member `bytes` of the payload. */
function parseChunk(message: Message): Buffer | undefined {
  const bytes = parseJsonObject(message.body)?.bytes;
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
}

function encodeChunk(message: Message, chunk: Buffer): Uint8Array {
  // Keeps other members, such as the padding `p`.
  const payload = { ...parseJsonObject(message.body), bytes: chunk.toString('base64') };
  return encodeMessage(message, Buffer.from(JSON.stringify(payload)));
}

function isException(message: Message): boolean {
  const type = textHeader(message, ':message-type');
  return type === 'exception' || type === 'error';
}
