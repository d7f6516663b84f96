import { anthropic } from './providers/anthropic.ts';
import { type RunningProvider, type StartProviderOptions, startProvider } from './start-provider.ts';

/** The key that the local Anthropic accepts, and its answers. */
export interface StartAnthropicOptions extends StartProviderOptions {}

/** A local Anthropic. */
export interface RunningAnthropic extends RunningProvider {
  /** Options for `new Anthropic(…)`. */
  readonly clientConfig: { apiKey: string; baseURL: string };
}

/**
 * Starts a local Anthropic: messages and their streams, `count_tokens`, batches that end at once, and models. Answers
 * are scripted, or quote the question.
 *
 * @throws The error of the operating system when the port cannot be used.
 */
export async function startAnthropic(options: StartAnthropicOptions = {}): Promise<RunningAnthropic> {
  const server = await startProvider(anthropic, options);
  const { apiKey, url } = server;
  return { ...server, clientConfig: { apiKey, baseURL: url } };
}
