import { createPayi, type Diagnostic } from '@payi/core';
import { withPayi } from '@payi/openai';
import { describe, expect, it } from 'vitest';
import { loadSdks } from '../src/sdks.ts';

const { OpenAI } = await loadSdks();
const hint = 'Pay-i gives each customer an address of its own';

/** A call by a client whose own `fetch` answers for every address. */
async function call(answer: () => Response, baseUrl?: string, calls = 1): Promise<[Error, Diagnostic[]]> {
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    apiKey: 'key',
    baseUrl,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const fetch = async (): Promise<Response> => answer();
  const client = withPayi(new OpenAI({ apiKey: 'k', maxRetries: 0, fetch }), { payi });
  const messages = [{ role: 'user' as const, content: 'hi' }];
  let error: unknown;
  for (let index = 0; index < calls; index += 1) {
    error = await client.chat.completions.create({ model: 'm', messages }).catch((thrown: unknown) => thrown);
  }
  return [error as Error, diagnostics];
}

const refused =
  (status: number, headers: Record<string, string> = {}) =>
  (): Response =>
    Response.json({ xproxy_error: { code: 'invalid_api_key' } }, { status, headers });
const unreachable = (): never => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('no host'), { code: 'ENOTFOUND' }) });
};

describe('at the default address of Pay-i', () => {
  it.each([401, 404])('says once, after status %s, that it may be the wrong one', async (status) => {
    const [error, diagnostics] = await call(refused(status), undefined, 3);
    expect(error).toMatchObject({ status });
    expect(diagnostics).toMatchObject([{ code: 'DEFAULT_BASE_URL' }]);
    expect(diagnostics[0]?.message).toContain(`https://api.pay-i.com answered ${status}. ${hint}`);
  });

  it('says nothing of a refusal by the provider', async () => {
    const [, diagnostics] = await call(refused(401, { 'x-request-id': 'req-1' }));
    expect(diagnostics).toEqual([]);
  });

  it('says so in the error of a connection that failed', async () => {
    const [error] = await call(unreachable);
    expect(`${error.message} ${(error.cause as Error).message}`).toContain(hint);
  });
});

it('at another address nothing is said of it', async () => {
  const [, diagnostics] = await call(refused(401), 'https://acme.example');
  expect(diagnostics).toEqual([]);
  const [error] = await call(unreachable, 'https://acme.example');
  expect(`${error.message} ${(error.cause as Error).message}`).not.toContain(hint);
});
