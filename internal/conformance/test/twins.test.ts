import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../../packages', import.meta.url));

/** The ideas that every adapter may need, by the names of their files. */
const ideas: Readonly<Record<string, string>> = {
  'index.ts': 'what the package exports',
  'register-callbacks.ts': 'attaches Pay-i to a client in place',
  'with-payi.ts': 'attaches Pay-i to a copy of a client',
  'client-options.ts': 'options with a `fetch` that observes calls, for a client of any kind',
  'client.ts': 'the shapes of the SDK, and the check that an object is its client',
  'operations.ts': 'the metered operations',
  'address.ts': "where Pay-i's proxy has a request",
  'call.ts': 'one call',
  'fetch-call.ts': 'one call, by the request that a `fetch` gets, where `call.ts` is a call of an SDK',
  'attempt.ts': 'one attempt of a call',
  'answer.ts': 'whole answers',
  'events.ts': 'events of streams',
};

/** All adapters have these; the others are core's where an adapter is given a `fetch`. */
const required = [
  'index.ts',
  'client-options.ts',
  'client.ts',
  'operations.ts',
  'address.ts',
  'call.ts',
  'events.ts',
];

const adapters = ['bedrock', 'openai', 'anthropic', 'google'];

describe.each(adapters)('@payi/%s', (adapter) => {
  const files = globSync(`${packages}/${adapter}/src/*.ts`).filter((file) => !/\.test(-d)?\.ts$/.test(file));

  it('has the files that its twins have', () => {
    expect(files.map((file) => basename(file))).toEqual(expect.arrayContaining(required));
  });

  it.each(files.filter((file) => !(basename(file) in ideas)).map((file) => [basename(file), file]))(
    'says in the first line of %s why only this adapter has it',
    (_, file) => {
      expect(readFileSync(file, 'utf8').split('\n', 1)[0]).toMatch(/^\/\/ Only .+\.$/);
    },
  );
});

it('has no file of its own in two adapters', () => {
  const own = adapters.flatMap((adapter) =>
    globSync(`${packages}/${adapter}/src/*.ts`)
      .map((file) => basename(file))
      .filter((file) => !(file in ideas) && !/\.test(-d)?\.ts$/.test(file)),
  );
  expect(own).toEqual([...new Set(own)]);
});
