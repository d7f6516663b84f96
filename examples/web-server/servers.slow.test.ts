import { readFileSync } from 'node:fs';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createPayi } from '@payi/core';
import type { EmbeddedBackend } from '@payi-internal/examples';
import { runLive, runMain, startEmbeddedBackend } from '@payi-internal/examples/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAnswer } from './answer.ts';
import { startExpress } from './express-server.ts';
import { startFastify } from './fastify-server.ts';
import { startHono } from './hono-server.ts';
import { askServer, type RunningServer } from './server.ts';

const frameworks = { express: startExpress, fastify: startFastify, hono: startHono };

let backend: EmbeddedBackend;
let client: BedrockRuntimeClient;
beforeAll(async () => {
  backend = await startEmbeddedBackend();
  // Signs for AWS's own host, as a client made from the environment does.
  const { region, credentials } = backend.bedrock;
  client = new BedrockRuntimeClient({ region, credentials });
  registerBedrockClientCallbacks(client, 'Converse', {
    payi: createPayi({ apiKey: backend.payi.apiKey, baseUrl: backend.payi.url }),
  });
});
afterAll(async () => {
  client.destroy();
  await backend.close();
});

/** Each call as Pay-i received it: whom it names, and whom its prompt is about. */
function receivedCalls(
  from: number,
): Record<'user' | 'useCase' | 'instance' | 'askedBy', string | undefined>[] {
  return backend.payi.requests.slice(from).map(({ headers, body }) => ({
    user: headers['xproxy-user-id'],
    useCase: headers['xproxy-usecase-name'],
    instance: headers['xproxy-usecase-id'],
    askedBy: /question of (\w+)/.exec(body.toString())?.[1],
  }));
}

describe.each(Object.entries(frameworks))('a server of %s', (framework, start) => {
  let server: RunningServer;
  let from: number;
  beforeEach(async () => {
    server = await start(createAnswer(client));
    from = backend.payi.requests.length;
  });
  afterEach(() => server.close());

  it('says of each call which user and which use case its request was for', async () => {
    const response = await askServer(server, 'question of ada', {
      'x-user-id': 'ada',
      'x-use-case-name': 'help',
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ answer: expect.any(String) });
    const call = { user: 'ada', useCase: 'help', instance: expect.any(String), askedBy: 'ada' };
    expect(receivedCalls(from)).toEqual([call, call]);
  });

  it('never mixes two requests that run at the same time', async () => {
    // The first request gets its first answer last.
    backend.bedrock.answerNext({ text: 'slow', delayMs: 60 }, { text: 'quick' });
    const ask = (user: string) =>
      askServer(server, `question of ${user}`, { 'x-user-id': user, 'x-use-case-name': `help_${user}` });
    const responses = await Promise.all([ask('ada'), ask('grace')]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expectEachOnItsUser(2);
  });

  it('never mixes a hundred of them', async () => {
    const users = Array.from({ length: 100 }, (_, index) => `user${index}`);
    await Promise.all(
      users.map((user) =>
        askServer(server, `question of ${user}`, { 'x-user-id': user, 'x-use-case-name': `help_${user}` }),
      ),
    );
    expectEachOnItsUser(100);
  });

  function expectEachOnItsUser(requests: number): void {
    const calls = receivedCalls(from);
    expect(calls).toHaveLength(2 * requests);
    const instances = new Map<string | undefined, string | undefined>();
    for (const { user, useCase, instance, askedBy } of calls) {
      expect({ user, useCase }).toEqual({ user: askedBy, useCase: `help_${askedBy}` });
      expect(instance).toBe(instances.get(user) ?? instance);
      instances.set(user, instance);
    }
    expect(instances.size).toBe(requests);
    expect(new Set(instances.values()).size).toBe(requests);
  }

  it('assumes nothing for a request that does not say who it is for', async () => {
    await askServer(server, 'question of nobody', {});
    const call = { user: undefined, useCase: undefined, instance: undefined, askedBy: 'nobody' };
    expect(receivedCalls(from)).toEqual([call, call]);
  });

  it.each([
    ['Ada Lovelace', 'userId must not hold blanks (invalid_user_id)'],
    ['Björn', 'userId holds characters outside printable ASCII'],
  ])('answers 400, and calls no model, when the user cannot be one: %s', async (user, problem) => {
    const response = await askServer(server, 'question of ada', { 'x-user-id': user });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining(problem) });
    expect(backend.payi.requests).toHaveLength(from);
  });

  it('has a middleware that docs/context.md shows', () => {
    const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
    const file = framework === 'fastify' ? 'fastify-hook.ts' : `${framework}-middleware.ts`;
    const blocks = [...read('../../docs/context.md').matchAll(/```ts\n([\s\S]*?)```/g)].map(
      ([, code]) => code,
    );
    expect(blocks).toContain(read(file));
  });
});

describe('the web server example', () => {
  const main = new URL('main.ts', import.meta.url);

  it('runs, and finds every call on its user', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.match(/2 calls, 1 use case instance$/gm)).toHaveLength(12);
    expect(stdout).toContain('Every call was booked on the user whose request it was made for.');
  });

  it('asks for the same users at the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend: live } = await runLive(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(live.payi.totals('userId').map(({ key, calls }) => [key, calls])).toEqual([
      ['ada', 6],
      ['grace', 6],
      ['linus', 6],
      ['margaret', 6],
    ]);
  });
});
