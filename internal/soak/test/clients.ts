import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, type Payi } from '@payi/core';
import { track } from '@payi/core/context';
import { openJournal } from '@payi/core/journal';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import OpenAI from 'openai';
import type { CallerTask } from './caller-task.ts';
import { type CallPlan, secrets } from './plan.ts';

/** The clients of a process, and its `Payi`. */
export interface Clients {
  readonly payi: Payi;
  call(number: number, plan: CallPlan): Promise<unknown>;
}

export async function createClients({ folder, providerUrl, payiUrl }: CallerTask): Promise<Clients> {
  const payi = createPayi({
    route: 'direct',
    apiKey: secrets.payi,
    baseUrl: payiUrl,
    // What it says goes to standard error, where the test looks for secrets.
    onDiagnostic: ({ code, message, cause }) => console.error(code, message, cause),
    delivery: {
      journal: openJournal(folder, { maxFileBytes: 500_000 }),
      intervalMs: 20,
      minRetryMs: 1,
      maxRetryMs: 50,
    },
  });
  const bedrock = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: providerUrl,
    credentials: {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: secrets.aws,
      sessionToken: secrets.awsSession,
    },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 3,
  });
  registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
  const baseURL = `${providerUrl}/v1`;
  const openai = withPayiOpenAI(new OpenAI({ apiKey: secrets.openai, baseURL }), { payi });
  const anthropic = withPayiAnthropic(new Anthropic({ apiKey: secrets.anthropic, baseURL: providerUrl }), {
    payi,
  });

  async function make(number: number, { adapter, isStream, isAborted }: CallPlan): Promise<unknown> {
    const content = `call ${number}`;
    const messages = [{ role: 'user' as const, content }];
    const signal = isAborted ? AbortSignal.abort() : undefined;
    if (adapter === 'bedrock') {
      const command = new ConverseCommand({
        modelId: 'amazon.nova-lite-v1:0',
        messages: [{ role: 'user', content: [{ text: content }] }],
      });
      return bedrock.send(command, signal && { abortSignal: signal });
    }
    const options = { signal };
    if (adapter === 'openai') {
      const request = { model: 'gpt-4o', messages };
      return isStream
        ? drained(await openai.chat.completions.create({ ...request, stream: true }, options))
        : openai.chat.completions.create(request, options);
    }
    const request = { model: 'claude-opus-4-5', max_tokens: 5, messages };
    return isStream
      ? drained(await anthropic.messages.create({ ...request, stream: true }, options))
      : anthropic.messages.create(request, options);
  }
  return {
    payi,
    call: (number, plan) => track({ userId: `call-${number}` }, () => make(number, plan)),
  };
}

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
