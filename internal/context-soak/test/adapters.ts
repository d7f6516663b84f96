import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import type { Payi } from '@payi/core';
import { withPayi as withPayiGoogle } from '@payi/google';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import OpenAI from 'openai';

type Headers = Readonly<Record<string, string>>;

interface SentRequest {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A provider's own client with our adapter on it, and nothing behind it but a canned answer. */
export interface AnnotatedClient {
  /** @returns The response, once it has come. */
  call(marker: number, headers: Headers | undefined): Promise<object>;
}

/**
 * @param onSent - Gets the marker that a request holds and the headers it left with, and says when to answer.
 */
export type CreateClient = (
  payi: Payi,
  onSent: (marker: number, headers: Headers) => Promise<void>,
) => AnnotatedClient;

function createBedrock(...[payi, onSent]: Parameters<CreateClient>): AnnotatedClient {
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-used' },
    requestHandler: {
      handle: async (request: SentRequest) => {
        const { marker } = JSON.parse(new TextDecoder().decode(request.body)) as { marker: number };
        await onSent(marker, request.headers);
        const body = new TextEncoder().encode('{"completion":"yes"}');
        return { response: { statusCode: 200, headers: { 'content-type': 'application/json' }, body } };
      },
    },
  });
  registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
  return {
    call: (marker, extraHeaders) =>
      client.send(
        new InvokeModelCommand({
          modelId: 'anthropic.claude-v2',
          body: new TextEncoder().encode(JSON.stringify({ marker })),
          extraHeaders,
        }),
      ),
  };
}

/** Every call asks the same, so that nothing but its own context tells it from others. */
const prompt = { messages: [{ role: 'user' as const, content: 'The same for all.' }] };

/** In place of the network. Every fifth call is refused at first, and sent once more by the SDK. */
function cannedFetch(onSent: Parameters<CreateClient>[1], answer: object): typeof fetch {
  const refused = new Set<number>();
  return async (_, init) => {
    const headers = new Headers(init?.headers);
    const marker = Number(headers.get('x-marker'));
    await onSent(marker, Object.fromEntries(headers));
    // Google's answers are found by their ids.
    const responseId = crypto.randomUUID();
    if (marker % 5 > 0 || refused.has(marker)) return Response.json({ ...answer, responseId });
    refused.add(marker);
    // The next attempts come in another order than the first ones.
    return Response.json({}, { status: 503, headers: { 'retry-after-ms': String(1 + (marker % 23)) } });
  };
}

function createOpenAI(...[payi, onSent]: Parameters<CreateClient>): AnnotatedClient {
  const fetch = cannedFetch(onSent, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });
  const client = withPayiOpenAI(new OpenAI({ apiKey: 'not-used', fetch }), { payi });
  return {
    call: async (marker, given) => {
      const headers = { 'x-marker': String(marker), ...given };
      const call = client.chat.completions.create({ ...prompt, model: 'gpt-4o' }, { headers });
      return (await call.withResponse()).response;
    },
  };
}

function createAnthropic(...[payi, onSent]: Parameters<CreateClient>): AnnotatedClient {
  const fetch = cannedFetch(onSent, {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'yes' }],
    usage: { input_tokens: 1, output_tokens: 1 },
  });
  const client = withPayiAnthropic(new Anthropic({ apiKey: 'not-used', fetch }), { payi });
  return {
    call: (marker, given) => {
      const headers = { 'x-marker': String(marker), ...given };
      return client.messages.create({ ...prompt, model: 'claude-sonnet-4', max_tokens: 5 }, { headers });
    },
  };
}

function createGoogle(...[payi, onSent]: Parameters<CreateClient>): AnnotatedClient {
  const fetch = cannedFetch(onSent, {
    candidates: [{ content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 },
  });
  // Only calls in a project of Vertex AI go through Pay-i.
  const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer not-used' }) };
  const plain = new GoogleGenAI({
    ...{ vertexai: true, project: 'p', location: 'global' },
    googleAuthOptions: { authClient: authClient as never },
    httpOptions: { fetch, retryOptions: { initialDelay: 0.001 } },
  });
  const { models } = withPayiGoogle(plain, { payi });
  return {
    call: (marker, given) => {
      const headers = { 'x-marker': String(marker), ...given };
      return models.generateContent({
        model: 'gemini-2.5-flash',
        contents: 'yes or no',
        config: { httpOptions: { headers } },
      });
    },
  };
}

/** Every adapter there is. */
export const adapters: Readonly<Record<string, CreateClient>> = {
  bedrock: createBedrock,
  openai: createOpenAI,
  anthropic: createAnthropic,
  google: createGoogle,
};
