import { openai } from './providers/openai.ts';
import { type RunningProvider, type StartProviderOptions, startProvider } from './start-provider.ts';

/** The key that the local OpenAI accepts, and its answers. */
export interface StartOpenAIOptions extends StartProviderOptions {}

/** A local OpenAI and Azure OpenAI. */
export interface RunningOpenAI extends RunningProvider {
  /** Options for `new OpenAI(…)`. */
  readonly clientConfig: { apiKey: string; baseURL: string };
}

/**
 * Starts a local OpenAI: chat completions, completions and responses with their streams, embeddings, images, audio,
 * moderations, batches that have not begun, and models, also at the paths of Azure OpenAI. Answers are scripted, or quote the question.
 *
 * @throws The error of the operating system when the port cannot be used.
 */
export async function startOpenAI(options: StartOpenAIOptions = {}): Promise<RunningOpenAI> {
  const server = await startProvider(openai, options);
  const { apiKey, url } = server;
  return { ...server, clientConfig: { apiKey, baseURL: `${url}/v1` } };
}
