import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedBackend } from '@payi-internal/examples';
import { runMain, startEmbeddedBackend } from '@payi-internal/examples/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ticket } from './clients.ts';
import { embeddedBackend } from './embedded-backend.ts';
import { type LocalLambda, type LocalLambdaOptions, startLocalLambda } from './local-lambda/local-lambda.ts';

const fixtures = new URL('__fixtures__', import.meta.url).pathname;
const ticket: Ticket = { userId: 'customer_8', text: 'I was billed twice.' };
const other: Ticket = { ...ticket, userId: 'customer_9' };

let backend: EmbeddedBackend;
let lambda: LocalLambda | undefined;
/** What the model waits for before it answers. */
let beforeAnswer: () => Promise<unknown>;
beforeEach(async () => {
  beforeAnswer = async () => {};
  backend = await startEmbeddedBackend({
    ...embeddedBackend,
    bedrock: async (call) => {
      await beforeAnswer();
      return embeddedBackend.bedrock?.(call);
    },
  });
  // The function has the environment of this process.
  for (const [name, value] of Object.entries(backend.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  await lambda?.close();
  lambda = undefined;
  await backend.close();
  vi.unstubAllEnvs();
});

async function start(handler: string, options: Partial<LocalLambdaOptions> = {}): Promise<LocalLambda> {
  lambda = await startLocalLambda({ handler, taskRoot: import.meta.dirname, timeoutMs: 120_000, ...options });
  return lambda;
}

const bookedUsers = (): (string | undefined)[] =>
  backend.payi.ledger.map(({ annotations }) => annotations.userId);

describe('a Lambda handler that flushes before it returns', () => {
  it('has reported its call when it answers, cold and warm', async () => {
    const { invoke, whenFrozen } = await start('handler.handler');
    expect(await invoke(ticket)).toMatchObject({ body: '{"team":"billing"}', isColdStart: true });
    expect(bookedUsers()).toEqual(['customer_8']);
    await whenFrozen();
    expect(await invoke(other)).toMatchObject({ body: '{"team":"billing"}', isColdStart: false });
    expect(bookedUsers()).toEqual(['customer_8', 'customer_9']);
    expect(backend.payi.ledger[1]).toMatchObject({
      operation: 'ingest',
      category: 'system.aws.bedrock',
      resource: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
      units: { text: { input: 60, output: 2 } },
      annotations: {
        useCaseName: 'ticket_triage',
        useCaseId: expect.stringMatching(/^[\da-f-]{36}$/),
        requestProperties: { aws_request_id: expect.stringMatching(/^[\da-f-]{36}$/) },
      },
    });
    expect(backend.bedrock.requests.flatMap(({ headers }) => Object.keys(headers))).not.toContainEqual(
      expect.stringMatching(/^xproxy-/),
    );
  });
});

describe('a Lambda handler that streams', () => {
  it('reports its call after the last word and before the process is frozen', async () => {
    const { invoke, whenFrozen } = await start('streaming-handler.handler');
    for (const [index, { userId }] of [ticket, other].entries()) {
      const { body, pieces, isColdStart } = await invoke({ ...ticket, userId });
      expect(body).toBe('Your invoice has been corrected.');
      expect(pieces.length).toBeGreaterThan(1);
      expect(isColdStart).toBe(index === 0);
      await whenFrozen();
      expect(bookedUsers()).toHaveLength(index + 1);
    }
    expect(backend.payi.ledger[1]).toMatchObject({
      units: { text: { input: 40, output: 12 } },
      annotations: { useCaseName: 'ticket_reply', userId: 'customer_9' },
    });
  });
});

describe('a Lambda handler that does not flush', () => {
  it('reports a call with the next invocation, if there is one, and loses it otherwise', async () => {
    const { invoke, whenFrozen, close } = await start('forgetful-handler.handler', { taskRoot: fixtures });
    await invoke(ticket);
    await whenFrozen();
    // The process would report after five seconds, but it stands still.
    await sleep(5500);
    expect(bookedUsers()).toEqual([]);

    beforeAnswer = () => expect.poll(bookedUsers).toEqual(['customer_8']);
    await invoke(other);
    await whenFrozen();
    expect(bookedUsers()).toEqual(['customer_8']);
    await close();
    expect(bookedUsers()).toEqual(['customer_8']);
  });
});

describe('the local Lambda', () => {
  it.each(['failing-handler.handler', 'failing-handler.streamingHandler'])(
    'fails with the error of the handler and goes on: %s',
    async (handler) => {
      const { invoke } = await start(handler, { taskRoot: fixtures });
      const error = { name: 'RangeError', message: 'There is no such ticket.' };
      await expect(invoke(ticket)).rejects.toMatchObject(error);
      await expect(invoke(ticket)).rejects.toMatchObject(error);
    },
  );

  it('says when there is no such handler', async () => {
    const { invoke } = await start('failing-handler.none', { taskRoot: fixtures });
    await expect(invoke(ticket)).rejects.toThrow('failing-handler.none is undefined or not exported');
  });

  it('ends a process that takes too long, and starts another one', async () => {
    const { invoke } = await start('failing-handler.endlessHandler', { taskRoot: fixtures, timeoutMs: 1500 });
    await expect(invoke(ticket)).rejects.toThrow('Task timed out after 1.5 seconds');
    await expect(invoke(ticket)).rejects.toThrow('Task timed out after 1.5 seconds');
  });
});

describe('the Lambda example', () => {
  const main = new URL('main.ts', import.meta.url);

  it('shows that events are at Pay-i when the process is frozen', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`handler.handler
  customer_8: {"team":"billing"} (cold)
    frozen; events at Pay-i: 1
  customer_9: {"team":"billing"} (warm)
    frozen; events at Pay-i: 2
streaming-handler.handler
  customer_8: Your invoice has been corrected. (cold, in pieces)
    frozen; events at Pay-i: 3
  customer_9: Your invoice has been corrected. (warm, in pieces)
    frozen; events at Pay-i: 4

What Pay-i booked:
  ticket_triage customer_8  60 in, 2 out, 0.000210 usd
  ticket_triage customer_9  60 in, 2 out, 0.000210 usd
  ticket_reply  customer_8  40 in, 12 out, 0.000300 usd
  ticket_reply  customer_9  40 in, 12 out, 0.000300 usd
`);
  });

  it('reports to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr } = await runMain(main, { args: ['--live'], environment: backend.environment });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(
      backend.payi.ledger.map(({ annotations }) => [annotations.useCaseName, annotations.userId]),
    ).toEqual([
      ['ticket_triage', 'customer_8'],
      ['ticket_triage', 'customer_9'],
      ['ticket_reply', 'customer_8'],
      ['ticket_reply', 'customer_9'],
    ]);
  });
});
