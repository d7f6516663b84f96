import { createServer, type Socket, connect as tcp } from 'node:net';
import { createPayi, type Payi, type Receipt, receiptOf, whenSettled } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTimers } from '../../testing/clock.ts';
import { type Credentials, type Provider, providers, units } from '../src/providers.ts';
import { loadSdks, sdkAge } from '../src/sdks.ts';
import { ask, errorOf, readAll } from '../src/stage.ts';
import type { Connection } from '../src/surface.ts';
import { surfaces } from '../src/surfaces.ts';

const sdks = await loadSdks();
/** OpenAI's SDK may retry for so long after its first attempt, and its adapter does not know whether it will. */
const openaiWaitMs = 2500;

describe.each(surfaces)(`a call of $name, ${sdkAge} SDK, that has ended`, (surface) => {
  let provider: Provider & { readonly credentials?: Credentials };
  let wire: Wire;
  beforeAll(async () => {
    provider = await providers[surface.provider]();
    wire = await startWire(provider.url);
  });
  afterAll(async () => {
    wire.close();
    await provider.close();
  });
  let backend: RunningPayi;
  let payi: Payi;
  let connection: Connection;
  let receipts: Receipt[];
  const connect = (maxRetries: number): void => {
    const { credentials = { accessKeyId: 'a', secretAccessKey: 's', bearerToken: 'b' } } = provider;
    connection = surface.connect(sdks, { payi }, { url: wire.url, credentials, maxRetries });
  };
  beforeEach(async () => {
    receipts = [];
    backend = await startPayi();
    payi = createPayi({
      route: 'direct',
      apiKey: backend.apiKey,
      baseUrl: backend.url,
      delivery: { intervalMs: 600_000 },
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: () => {},
    });
  });
  afterEach(async () => {
    connection.close();
    await payi.close();
    await backend.close();
  });

  const endings: Record<string, () => Promise<unknown>> = {
    'is answered': async () => readAll(await ask(connection)),
    'is refused': () => errorOf(ask(connection, 'refused')),
    'gets no answer': () => {
      wire.breaks = 1;
      return errorOf(ask(connection));
    },
    'is aborted': async () => {
      const before = wire.chunks;
      const leave = new AbortController();
      const call = errorOf(ask(connection, 'slow', undefined, leave.signal));
      await expect.poll(() => wire.chunks).toBeGreaterThan(before);
      leave.abort();
      return call;
    },
  };
  it.each(
    Object.keys(endings).flatMap((ending) => (['flush', 'close'] as const).map((how) => ({ ending, how }))),
  )('and $ending is known to Pay-i after $how()', async ({ ending, how }) => {
    const waits = holdTimers(openaiWaitMs);
    connect(0);
    await endings[ending]?.();
    const isDone = payi[how]({ timeoutMs: Infinity });
    waits.pass();
    expect(await isDone).toBe(true);
    expect(backend.ledger).toHaveLength(1);
    expect(receipts).toHaveLength(1);
    expect(payi.stats()).toMatchObject({ queued: 0, sent: 1, rejected: 0, dropped: 0 });
  });

  it.runIf(surface.retries === true)(
    'after an attempt without an answer says that its usage is unknown',
    async () => {
      connect(1);
      wire.breaks = 1;
      const answer = await readAll(await ask(connection));
      const isDone = payi.flush();
      expect(await whenSettled(answer)).toMatchObject({
        outcome: 'complete',
        attempts: 2,
        units,
        properties: { 'system.unanswered_attempts': '1' },
        warnings: ['1 earlier attempt(s) got no whole answer: their usage is unknown'],
      });
      expect(receiptOf(answer)?.attempts).toBe(2);
      expect(await isDone).toBe(true);
      expect(backend.ledger.map(({ annotations }) => annotations.requestProperties)).toMatchObject([
        { 'system.unanswered_attempts': '1' },
      ]);
    },
  );
});

/** A connection to a provider that can be made to break. */
interface Wire {
  readonly url: string;
  /** So many of the next requests break their connections. */
  breaks: number;
  /** Pieces of requests so far. */
  chunks: number;
  close(): void;
}

/** Whether it is no request: the settings that an HTTP/2 client acknowledges, and the farewell of an earlier test's client. */
function isHttp2Control(chunk: Uint8Array): boolean {
  const [settings, goAway] = [4, 7];
  return chunk[3] === goAway || (chunk[3] === settings && chunk.length <= 9);
}

async function startWire(to: string): Promise<Wire> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const onward = tcp(Number(port), hostname);
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    onward.pipe(socket);
    socket.on('data', (chunk) => {
      wire.chunks += 1;
      if (wire.breaks === 0 || isHttp2Control(chunk)) {
        onward.write(chunk);
        return;
      }
      wire.breaks -= 1;
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    breaks: 0,
    chunks: 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return wire;
}
