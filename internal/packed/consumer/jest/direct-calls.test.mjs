// Calls on route `direct` inside Jest: each is delivered, and nothing is said about it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi, isLimitReached, whenSettled } from '@payi/core';
import { track } from '@payi/core/context';
import { openJournal } from '@payi/core/journal';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import OpenAI from 'openai';

const { expect, test } = globalThis;
const { accountName } = process.env;
const messages = [{ role: 'user', content: 'Hello' }];

const calls = {
  async bedrock(payi) {
    const client = new BedrockRuntimeClient();
    registerBedrockClientCallbacks(client, 'Converse', { payi });
    const hello = [{ role: 'user', content: [{ text: 'Hello' }] }];
    return client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: hello }));
  },
  async openai(payi) {
    const client = withPayiOpenAI(new OpenAI(), { payi });
    return client.chat.completions.create({ model: 'gpt-4o', messages });
  },
  async anthropic(payi) {
    const client = withPayiAnthropic(new Anthropic(), { payi });
    return client.messages.create({ model: 'claude-opus-4-5', max_tokens: 100, messages });
  },
};

for (const [provider, call] of Object.entries(calls)) {
  for (const isKept of [false, true]) {
    test(`a call of ${provider} is delivered${isKept ? ', with a journal' : ''}`, async () => {
      const said = [];
      const folder = mkdtempSync(join(tmpdir(), 'payi-jest-'));
      const payi = createPayi({
        route: 'direct',
        onDiagnostic: (diagnostic) => said.push(diagnostic),
        delivery: isKept ? { journal: openJournal(folder) } : {},
      });
      const answer = await track({ accountName, useCaseName: provider }, () => call(payi));
      expect(await payi.flush()).toBe(true);
      expect((await whenSettled(answer)).units).toEqual({ text: { input: 1000, output: 100 } });
      expect(isLimitReached(answer)).toBe(false);
      expect(await payi.close()).toBe(true);
      expect(payi.stats()).toMatchObject({ sent: 1, dropped: 0, rejected: 0 });
      expect(said).toEqual([]);
    });
  }
}
