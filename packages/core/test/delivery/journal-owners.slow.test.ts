import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createPayi } from '@payi/core';
import { openJournal } from '@payi/core/journal';
import { startPayi } from '@payi/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observeCall } from './observe-call.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
let directory: string;
const endings: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'payi-journal-'));
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
  rmSync(directory, { recursive: true, force: true });
});

/** Somebody else with a journal in the same folder. */
interface Owner {
  /** Marks of the events it found, by their ids. */
  readonly found: Readonly<Record<string, 'plain' | 'possible duplicate'>>;
  keep(id: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  end(): Promise<unknown>;
}

interface Program {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  signal(name: NodeJS.Signals): void;
  end(): Promise<unknown>;
}

async function ownerOf({ stdin, stdout, signal, end }: Program): Promise<Owner> {
  endings.push(end);
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => ((await lines.next()) as { value: string }).value;
  const events = JSON.parse(await next()) as { provider_response_id: string; properties?: object }[];
  return {
    found: Object.fromEntries(
      events.map(({ provider_response_id, properties = {} }) => [
        provider_response_id,
        'system.possible_duplicate' in properties ? 'possible duplicate' : 'plain',
      ]),
    ),
    async keep(id) {
      stdin?.write(`${id}\n`);
      expect(await next()).toBe(id);
    },
    signal,
    end,
  };
}

/** @param command - Runs the program in place of the shell. */
function startProcess(command: readonly string[] = []): Promise<Owner> {
  const node = [process.execPath, '--no-warnings', script('journal-owner.ts'), directory];
  const [file = '', ...parameters] = [...command, ...node];
  const child = spawn(file, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  return ownerOf({
    stdin: child.stdin,
    stdout: child.stdout,
    signal: (name) => child.kill(name),
    async end() {
      child.kill('SIGKILL');
      await closed;
    },
  });
}

function startThread(): Promise<Owner> {
  const worker = new Worker(script('journal-owner.ts'), { argv: [directory], stdin: true, stdout: true });
  const { stdin, stdout } = worker;
  return ownerOf({ stdin, stdout, signal: () => {}, end: () => worker.terminate() });
}

/** Makes the files look as if nobody had written to them for longer than a living process lets pass. */
function age(): void {
  const then = new Date(Date.now() - 61_000);
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), then, then);
}

describe.runIf(process.platform === 'linux')('a journal of another', () => {
  it.each([
    ['process', () => startProcess()],
    ['thread of this process', () => startThread()],
  ])('%s is left alone until that ends, and taken over at once then', async (_who, start) => {
    const owner = await start();
    await owner.keep('a');
    age();
    expect((await start()).found).toEqual({});
    await owner.keep('b');
    await owner.end();
    expect((await start()).found).toEqual({ a: 'plain', b: 'plain' });
  });

  it('process that is stopped is left alone', async () => {
    const owner = await startProcess();
    await owner.keep('a');
    owner.signal('SIGSTOP');
    age();
    expect((await startProcess()).found).toEqual({});
    owner.signal('SIGCONT');
    await owner.keep('b');
  });

  const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const [unshare = '', ...options] = container;
  const canContain = spawnSync(unshare, [...options, 'true']).status === 0;
  it.runIf(canContain)(
    'container, whose process has the same id, is left alone while that writes',
    async () => {
      const owner = await startProcess(container);
      await owner.keep('a');
      expect((await startProcess(container)).found).toEqual({});
      // It stands still for longer than a living process lets pass, and goes on afterwards.
      age();
      const other = await startProcess(container);
      expect(other.found).toEqual({ a: 'possible duplicate' });
      await owner.keep('b');
      await Promise.all([owner.end(), other.end()]);
      age();
      expect((await startProcess(container)).found).toEqual({
        a: 'possible duplicate',
        b: 'possible duplicate',
      });
    },
  );
});

describe('openJournal()', () => {
  it('delivers each event once when two threads use one folder', async () => {
    await using server = await startPayi();
    const { url: baseUrl, apiKey } = server;
    // Its events wait until it is closed.
    const payi = createPayi({
      route: 'direct',
      baseUrl,
      apiKey,
      delivery: { journal: openJournal(directory), intervalMs: 3_600_000 },
    });
    for (let index = 0; index < 20; index += 1) observeCall(payi, `call-${index}`).settle('complete');
    await expect.poll(() => readdirSync(directory)).toHaveLength(1);
    // Delivers whatever it finds.
    const worker = new Worker(script('journal-sender.ts'), {
      argv: [baseUrl, apiKey, directory, 'other', '0'],
    });
    await once(worker, 'exit');
    expect(server.ledger).toEqual([]);
    await payi.close();
    expect(server.ledger).toHaveLength(20);
  });
});
