import type { Units } from '@payi/core';
import {
  type BedrockAnswer,
  type BedrockCall,
  type ProviderAnswer,
  type ProviderRequest,
  type RunningProvider,
  type StartProviderOptions,
  startAnthropic,
  startBedrock,
  startGoogle,
  startOpenAI,
} from '@payi/testkit';

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

/** A provider that is called with a key, with answers in its own format. */
const startKeyProvider =
  (start: (options: StartProviderOptions) => Promise<RunningProvider>) => async (): Promise<Provider> => {
    const server = await start({ answer: keyAnswer });
    return {
      url: server.url,
      headers: () => server.requests.map(({ headers }) => headers),
      failNext: () => server.answerNext({ error: { status: 503 } }),
      close: () => server.close(),
    };
  };

function keyAnswer({ body, operation }: ProviderRequest): ProviderAnswer | undefined {
  if (operation === undefined) return undefined;
  const asked = new TextDecoder().decode(body);
  if (asked.includes(questions.refused)) return { error: { status: 400, message: questions.refused } };
  const usage = { inputTokens, outputTokens };
  return { text: 'Hi there', usage, ...(asked.includes(questions.slow) && { delayMs: answerDelayMs }) };
}

/** OpenAI and Azure OpenAI. */
export const startOpenAIProvider: () => Promise<Provider> = startKeyProvider(startOpenAI);
export const startAnthropicProvider: () => Promise<Provider> = startKeyProvider(startAnthropic);

/** The Gemini API and Vertex AI. */
export const startGoogleProvider: () => Promise<Provider> = startKeyProvider(startGoogle);

/** By the name that a surface gives its provider. */
export const providers: Readonly<
  Record<
    'bedrock' | 'openai' | 'anthropic' | 'google',
    () => Promise<Provider & { readonly credentials?: Credentials }>
  >
> = {
  bedrock: startBedrockProvider,
  openai: startOpenAIProvider,
  anthropic: startAnthropicProvider,
  google: startGoogleProvider,
};
