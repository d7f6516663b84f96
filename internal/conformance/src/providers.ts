import { setTimeout as sleep } from 'node:timers/promises';
import { LLMock } from '@copilotkit/aimock';
import type { Units } from '@payi/core';
import { type BedrockAnswer, type BedrockCall, startBedrock } from '@payi/testkit';

/** What a call asks, which decides how its provider behaves. */
export const questions = {
  /** Is answered at once. */
  plain: 'hello',
  /** Is answered after a while. */
  slow: 'take your time',
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

function bedrockAnswer({ request }: BedrockCall): BedrockAnswer {
  const usage = { inputTokens, outputTokens };
  const asked = new TextDecoder().decode(request.body);
  if (asked.includes(questions.refused)) return { error: { type: 'ValidationException' } };
  return { text: 'Hi there', usage, ...(asked.includes(questions.slow) && { delayMs: answerDelayMs }) };
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
  const answer = { content: 'Hi there', usage };
  mock.onMessage(questions.plain, answer);
  mock.onMessage(questions.slow, () => sleep(answerDelayMs, answer));
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

/** By the kind that a surface names. */
export const providers: Readonly<
  Record<'bedrock' | 'api', () => Promise<Provider & { readonly credentials?: Credentials }>>
> = { bedrock: startBedrockProvider, api: startApiProvider };
