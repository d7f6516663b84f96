import type { GoogleGenAIOptions } from '@google/genai';
import { GoogleGenAI } from '@google/genai';
import { createPayi, type Diagnostic, type Payi, type PayiOptions, type Receipt } from '@payi/core';
import {
  type ProviderRequest,
  type RunningGoogle,
  type RunningPayi,
  startGoogle,
  startPayi,
} from '@payi/testkit';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type WithPayiOptions, withPayi } from '../src/index.ts';

export const model = 'gemini-2.5-flash';
export const question = { model, contents: 'What is the capital of France?' };

/** In a project of Vertex AI, with a token as a service account gets it. */
export const project: GoogleGenAIOptions = {
  vertexai: true,
  project: 'p',
  location: 'us-central1',
  googleAuthOptions: {
    authClient: {
      getRequestHeaders: async () => new Headers({ authorization: 'Bearer token' }),
      // The AI SDK asks for this instead.
      getAccessToken: async () => ({ token: 'token' }),
    } as never,
  },
};

/** A local Google and Pay-i, with what was heard since the test began. */
export interface Stage {
  readonly google: RunningGoogle;
  readonly payi: RunningPayi;
  /** What reached Google since the test began. */
  requests(): readonly ProviderRequest[];
  readonly receipts: Receipt[];
  readonly diagnostics: Diagnostic[];
  create(options?: PayiOptions): { readonly payi: Payi };
  /** A client of the Gemini API with Pay-i. */
  gemini(options?: PayiOptions, more?: WithPayiOptions): GoogleGenAI;
  /** A client of Vertex AI with Pay-i. */
  vertex(options?: PayiOptions, more?: WithPayiOptions): GoogleGenAI;
}

export function openStage(): Stage {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  let before = 0;
  const requests = () => stage.google.requests.slice(before);
  const stage = { receipts, diagnostics, requests } as unknown as Stage;
  const open: Payi[] = [];
  const create: Stage['create'] = (options) => {
    const payi = createPayi({
      apiKey: stage.payi.apiKey,
      baseUrl: stage.payi.url,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
      ...options,
    });
    open.push(payi);
    return { payi };
  };
  beforeAll(async () => {
    const google = await startGoogle();
    Object.assign(stage, {
      google,
      payi: await startPayi({ limits: [{ id: 'spent', max: 0, type: 'block' }] }),
      create,
      gemini: (options: PayiOptions, more: WithPayiOptions) =>
        withPayi(new GoogleGenAI(google.clientConfig), { ...create(options), ...more }),
      vertex: (options: PayiOptions, more: WithPayiOptions) =>
        withPayi(new GoogleGenAI({ ...project, httpOptions: { baseUrl: google.url } }), {
          ...create(options),
          ...more,
        }),
    });
  });
  beforeEach(() => {
    receipts.length = 0;
    diagnostics.length = 0;
    before = stage.google.requests.length;
  });
  // What is delivered late would be taken for a receipt of the next test.
  afterEach(() => Promise.all(open.splice(0).map((payi) => payi.close())));
  afterAll(() => Promise.all([stage.payi.close(), stage.google.close()]));
  return stage;
}

export async function readAll<Chunk>(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export async function errorOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('the call succeeded');
}
