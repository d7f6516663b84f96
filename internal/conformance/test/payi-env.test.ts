import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPayi, isPayiError, payiEnv } from '@payi/core';
import { type RunningPayi, startAnthropic, startOpenAI, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const programs = {
  Anthropic: `import Anthropic from '@anthropic-ai/sdk';
    await new Anthropic().messages.create({ model: 'claude-opus-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });`,
  OpenAI: `import OpenAI from 'openai';
    await new OpenAI().chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] });`,
};
let payi: RunningPayi;
let close: () => Promise<unknown>;
beforeAll(async () => {
  const [openai, anthropic] = await Promise.all([startOpenAI(), startAnthropic()]);
  payi = await startPayi({
    upstream: { 'api.openai.com': openai.url, 'api.anthropic.com': anthropic.url },
  });
  close = () => Promise.all([payi.close(), openai.close(), anthropic.close()]);
});
afterAll(() => close());

it.each(Object.entries(programs))(
  '%s, started in a program that knows nothing of Pay-i',
  async (_, program) => {
    const settings = createPayi({
      apiKey: payi.apiKey,
      baseUrl: payi.url,
      defaults: { accountName: 'acme' },
    });
    const variables = payiEnv({ useCaseName: 'code_review', limitIds: ['a', 'b'] }, { payi: settings });
    await run(process.execPath, ['--input-type=module', '-e', program], {
      cwd: here,
      env: { ...process.env, OPENAI_API_KEY: 'sk', ANTHROPIC_API_KEY: 'sk', ...variables },
    });
    expect(payi.ledger.at(-1)).toMatchObject({
      outcome: 'ok',
      annotations: { useCaseName: 'code_review', accountName: 'acme', limitIds: ['a', 'b'] },
    });
  },
);

it('adds only annotations on route headers, and refuses route direct', () => {
  const headers = payiEnv({ userId: 'u' }, { payi: createPayi({ route: 'headers' }) });
  expect(headers).toEqual({
    ANTHROPIC_CUSTOM_HEADERS: 'xProxy-User-ID: u',
    OPENAI_CUSTOM_HEADERS: 'xProxy-User-ID: u',
  });
  try {
    payiEnv({}, { payi: createPayi({ route: 'direct', apiKey: 'k' }) });
    expect.unreachable();
  } catch (error) {
    expect(isPayiError(error) && error.code).toBe('CONFIGURATION');
  }
  expect(payiEnv({ userId: 'u' }, { payi: createPayi({ enabled: false }) })).toEqual({});
});
