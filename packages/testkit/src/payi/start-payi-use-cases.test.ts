import { expect, it } from 'vitest';
import { startPayi } from './start-payi.ts';

it('refuses a call of an unknown use case where use cases are not created', async () => {
  await using payi = await startPayi({ createUseCases: false });
  const report = async (): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${payi.url}/api/v1/ingest`, {
      method: 'POST',
      headers: {
        'xproxy-api-key': payi.apiKey,
        'xproxy-usecase-name': 'support_chat',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ category: 'system.openai', resource: 'gpt-4o', units: { text: { input: 1 } } }),
    });
    return { status: response.status, text: await response.text() };
  };
  expect(await report()).toMatchObject({ status: 404, text: expect.stringContaining('use_case_not_found') });
  const created = await fetch(`${payi.url}/api/v1/use_cases/definitions`, {
    method: 'POST',
    headers: { 'xproxy-api-key': payi.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'support_chat', description: 'Answers customers' }),
  });
  expect(created.status).toBe(200);
  expect(await report()).toMatchObject({ status: 200 });
  expect(payi.ledger).toMatchObject([{ annotations: { useCaseId: expect.any(String) } }]);
});
