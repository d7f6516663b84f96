import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type RunningPayi, startPayi } from '../src/index.ts';

const script = fileURLToPath(new URL('process-end-sender.ts', import.meta.url));

async function run({ url, apiKey }: RunningPayi, mode: string): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, ['--no-warnings', script, url, apiKey, mode]);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect(errors).toBe('');
  return { code, output: output.trim() };
}

describe("a process on route 'direct'", () => {
  it('ends while Pay-i takes its time over an event', { timeout: 60_000 }, async () => {
    await using server = await startPayi({ ingestFaults: () => ({ delayMs: 30_000 }) });
    const startedAt = performance.now();
    expect((await run(server, 'leave')).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(server.requests.filter(({ path }) => path.includes('/ingest'))).toHaveLength(1);
  });

  it.each(['wait', 'wait-first'])('stays as long as it waits for a receipt, %s', async (mode) => {
    await using server = await startPayi({ ingestFaults: () => ({ delayMs: 100 }) });
    const { code, output } = await run(server, mode);
    expect(code).toBe(0);
    expect(Number(output)).toBe(server.ledger[0]?.cost?.total.base);
  });
});
