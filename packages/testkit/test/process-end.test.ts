import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type RunningPayi, startPayi } from '../src/index.ts';

const script = fileURLToPath(new URL('process-end-sender.ts', import.meta.url));

async function run(
  { url, apiKey }: Pick<RunningPayi, 'url' | 'apiKey'>,
  mode: string,
  mayLeave?: Promise<void>,
): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, ['--no-warnings', script, url, apiKey, mode]);
  void mayLeave?.then(() => child.stdin.write('leave'));
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect(errors).toBe('');
  return { code, output: output.trim() };
}

describe("a process on route 'direct'", () => {
  it('ends while Pay-i takes its time over an event', { timeout: 120_000 }, async () => {
    let requests = 0;
    // Never answers.
    const server = createServer(() => {
      requests += 1;
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let leftAt = 0;
    const mayLeave = once(server, 'request').then(() => {
      leftAt = performance.now();
    });
    expect((await run({ url, apiKey: 'test-key' }, 'leave', mayLeave)).code).toBe(0);
    // The request would go on for a minute and a half.
    expect(performance.now() - leftAt).toBeLessThan(30_000);
    expect(requests).toBe(1);
    server.close();
    server.closeAllConnections();
  });

  it.each(['wait', 'wait-first'])('stays as long as it waits for a receipt, %s', async (mode) => {
    await using server = await startPayi({ ingestFaults: () => ({ delayMs: 100 }) });
    const { code, output } = await run(server, mode);
    expect(code).toBe(0);
    expect(Number(output)).toBe(server.ledger[0]?.cost?.total.base);
  });
});
