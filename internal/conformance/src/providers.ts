import { setTimeout as sleep } from 'node:timers/promises';
import { LLMock } from '@copilotkit/aimock';
import type { Units } from '@payi/core';
import { type BedrockAnswer, type BedrockCall, startBedrock } from '@payi/testkit';

/** What a call asks, which decides how its provider behaves. */
export const questions = {
  /** Is answered at once. */
  plain: 'hello',
  /** Is answered after a while; as a stream, begun at once and continued word by word. */
  slow: 'take your time',
  /** Is a stream that breaks off in its middle. */
  cut: 'break off',
  /** Is refused, for good. */
  refused: 'not allowed',
} as const;
export type Question = keyof typeof questions;

/** A provider on this machine. */
export interface Provider {
  readonly url: string;
  /** Of every request so far. */
  headers(): readonly Readonly<Record<string, string>>[];
  /** Answers the next call with status 503. */
  failNext(): void;
  close(): Promise<void>;
}

const inputTokens = 1000;
const outputTokens = 100;
/** The same question costs the same tokens everywhere. */
export const units: Units = { text: { input: inputTokens, output: outputTokens } };

const words = Array.from({ length: 60 }, (_, index) => `word ${index} `);
const wordDelayMs = 20;
const answerDelayMs = 400;

/** Bedrock, with answers in the formats of its models. Its requests are signed, and their signatures checked. */
export async function startBedrockProvider(): Promise<Provider & { readonly credentials: Credentials }> {
  const bedrock = await startBedrock({ answer: bedrockAnswer });
  return {
    url: bedrock.url,
    credentials: { ...bedrock.credentials, bearerToken: bedrock.bearerToken },
    headers: () => bedrock.requests.map(({ headers }) => headers),
    failNext: () => bedrock.answerNext({ error: { type: 'ServiceUnavailableException' } }),
    close: () => bedrock.close(),
  };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Does in place of the other two. */
  readonly bearerToken: string;
}

function bedrockAnswer({ operation, request }: BedrockCall): BedrockAnswer {
  const usage = { inputTokens, outputTokens };
  const asked = new TextDecoder().decode(request.body);
  const isStream = operation.endsWith('Stream');
  if (asked.includes(questions.refused)) return { error: { type: 'ValidationException' } };
  if (asked.includes(questions.cut)) return { chunks: words, usage, faults: { dropAfterEvents: 10 } };
  if (!asked.includes(questions.slow)) return { text: 'Hi there', usage };
  return isStream
    ? { chunks: words, chunkDelayMs: wordDelayMs, usage }
    : { text: 'Hi there', delayMs: answerDelayMs, usage };
}

/** OpenAI, Azure OpenAI and Anthropic: an implementation of their APIs that knows nothing of Pay-i. */
export async function startApiProvider(): Promise<Provider> {
  const mock = new LLMock({ port: 0 });
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  };
  const long = { content: words.join(''), usage };
  mock.onMessage(questions.plain, { content: 'Hi there', usage });
  const slowly = async ({ stream }: { stream?: boolean }) => {
    if (stream !== true) await sleep(answerDelayMs);
    return long;
  };
  mock.onMessage(questions.slow, slowly, { chunkSize: 10, latency: wordDelayMs });
  mock.onMessage(questions.cut, long, { chunkSize: 10, latency: wordDelayMs, truncateAfterChunks: 10 });
  mock.onMessage(questions.refused, {
    error: { message: 'not allowed', type: 'invalid_request_error' },
    status: 400,
  });
  await mock.start();
  return {
    url: mock.url,
    headers: () => mock.getRequests().map(({ headers }) => headers as Record<string, string>),
    failNext: () => mock.nextRequestError(503),
    close: () => mock.stop(),
  };
}
