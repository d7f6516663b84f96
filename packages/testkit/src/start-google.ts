import { google } from './providers/google.ts';
import { type RunningProvider, type StartProviderOptions, startProvider } from './start-provider.ts';

/** The key that the local Google accepts, and its answers. */
export interface StartGoogleOptions extends StartProviderOptions {}

/** A local Gemini API and Vertex AI. */
export interface RunningGoogle extends RunningProvider {
  /** Options for `new GoogleGenAI(…)`, for the Gemini API. */
  readonly clientConfig: { apiKey: string; httpOptions: { baseUrl: string } };
}

/**
 * Starts a local Gemini API and Vertex AI: `generateContent` and its stream, embeddings, `countTokens`, `predict` for
 * pictures and embeddings, and `rawPredict` for Anthropic's models. Answers are scripted, or quote the question.
 *
 * @throws The error of the operating system when the port cannot be used.
 */
export async function startGoogle(options: StartGoogleOptions = {}): Promise<RunningGoogle> {
  const server = await startProvider(google, options);
  const { apiKey, url } = server;
  return { ...server, clientConfig: { apiKey, httpOptions: { baseUrl: url } } };
}
