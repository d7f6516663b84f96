import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('process-end-sender.ts', import.meta.url));

async function run(
  { url, apiKey }: Pick<RunningPayi, 'url' | 'apiKey'>,
  mode: string,
  mayLeave?: Promise<void>,
): Promise<{ code: unknown; output: string; errors: string }> {
  const child = spawn(process.execPath, ['--no-warnings', script, url, apiKey, mode]);
  void mayLeave?.then(() => child.stdin.write('leave'));
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code, output: output.trim(), errors };
}

describe("a process on route 'direct'", () => {
  it('ends while Pay-i takes its time over an event', async () => {
    let requests = 0;
    // Never answers.
    const server = createServer(() => {
      requests += 1;
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const mayLeave = once(server, 'request').then(() => {});
    const { code, errors, output } = await run({ url, apiKey: 'test-key' }, 'leave', mayLeave);
    expect({ code, openConnections: output }).toEqual({ code: 0, openConnections: '1' });
    expect(errors).toMatch(
      /^\[payi\] DELIVERY_FAILED: 1 event\(s\) given up: the process ended before they were delivered .+\n$/,
    );
    expect(requests).toBe(1);
    server.close();
    server.closeAllConnections();
  });

  it.each(['http', 'https'])('ends while a connection to Pay-i is not made, %s', async (scheme) => {
    // Accepts connections and never answers.
    const server = createTcpServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const mayLeave = once(server, 'connection').then(([socket]) => {
      socket.on('error', () => {});
    });
    const { code, output } = await run({ url, apiKey: 'test-key' }, 'leave', mayLeave);
    // If the process had waited for Node.js to give up the connection, there would be none.
    expect({ code, openConnections: output }).toEqual({ code: 0, openConnections: '1' });
    server.close();
  });

  it.each(['wait', 'wait-first'])('stays as long as it waits for a receipt, %s', async (mode) => {
    await using server = await startPayi({ ingestFaults: () => ({ delayMs: 100 }) });
    const { code, output, errors } = await run(server, mode);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(Number(output)).toBe(server.ledger[0]?.cost?.total.base);
  });

  it('stays for a flush without a limit of time', async () => {
    await using server = await startPayi({ ingestFaults: [{ delayMs: 100 }] });
    expect(await run(server, 'flush')).toEqual({ code: 0, output: 'true', errors: '' });
    expect(server.ledger).toHaveLength(1);
  });

  it('reports a call that ends in the same turn as the process', async () => {
    await using server = await startPayi();
    const { code, errors } = await run(server, 'exit');
    expect(code).toBe(0);
    expect(errors).toContain('1 event(s) given up: the process ended before they were delivered');
  });

  it('writes such a call in offline mode', async () => {
    await using server = await startPayi();
    const { output, errors } = await run(server, 'offline-exit');
    expect(errors).toBe('');
    expect(JSON.parse(output)).toMatchObject({ units: { text: { input: 1000, output: 100 } } });
  });
});
