import { createPayi, type DeliveryOptions, type Diagnostic, type Payi, type Receipt } from '@payi/core';
import { listen, type RunningPayi, type StartPayiOptions, startPayi } from '@payi/testkit';
import { afterEach } from 'vitest';
import { observeCall, providerIdOf } from './observe-call.ts';

/** Run after each test, last first. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Setting {
  server: RunningPayi;
  payi: Payi;
  diagnostics: Diagnostic[];
  receipts: Receipt[];
}

/** Short pauses, and no time limit that a machine which stands still could exceed. */
const quick: DeliveryOptions = { intervalMs: 5, minRetryMs: 5, maxRetryMs: 20, timeoutMs: Infinity };

/** Starts a local Pay-i and a `Payi` that reports to it. */
export async function start(
  delivery: DeliveryOptions = {},
  server: StartPayiOptions = {},
  options: { onReceipt?: boolean; baseUrl?: string; apiKey?: string } = {},
): Promise<Setting> {
  const running = await startPayi(server);
  const diagnostics: Diagnostic[] = [];
  const receipts: Receipt[] = [];
  const payi = createPayi({
    route: 'direct',
    baseUrl: options.baseUrl ?? running.url,
    apiKey: options.apiKey ?? running.apiKey,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    ...(options.onReceipt && { onReceipt: (receipt: Receipt) => void receipts.push(receipt) }),
    delivery: { ...quick, ...delivery },
  });
  cleanups.push(
    () => running.close(),
    () => payi.close({ timeoutMs: 10 }),
  );
  return { server: running, payi, diagnostics, receipts };
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly key: unknown;
  readonly body: string;
  /** The provider's ids in the events of the body. */
  readonly ids: string[];
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** A text, or a value to be encoded as JSON. */
  readonly body?: unknown;
}

/**
 * Starts a server in place of Pay-i, for answers that the local Pay-i does not give.
 *
 * @param answer - Returns `undefined` to leave a request without an answer.
 * @returns Its URL.
 */
export async function startIngest(
  answer: (request: Request) => Answer | undefined | Promise<Answer | undefined>,
): Promise<string> {
  const server = await listen(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url: path = '' } = request;
    const ids = [...body.matchAll(/"system\.provider_response_id":"([^"]*)"/g)].map(([, id]) => id as string);
    const answered = await answer({ method, path, key: request.headers['xproxy-api-key'], body, ids });
    if (answered === undefined) return;
    response.writeHead(answered.status ?? 200, answered.headers);
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body ?? {}));
  });
  cleanups.push(() => server.close());
  return server.url;
}

/** Ends a call as an adapter would. @returns Its response. */
export function settle(payi: Payi, id: string, annotations: Receipt['annotations'] = {}): object {
  const observation = observeCall(payi, id, annotations);
  const response = {};
  observation.attachTo(response);
  observation.settle('complete');
  return response;
}

/** Ends calls. @returns Their ids: `call-0`, `call-1` … */
export function settleMany(payi: Payi, count: number): string[] {
  const ids = Array.from({ length: count }, (_, index) => `call-${index}`);
  for (const id of ids) settle(payi, id);
  return ids;
}

/** A journal that holds one event of an earlier process, or none. */
export function leftBehind(acceptedAt?: number): {
  journal: NonNullable<DeliveryOptions['journal']>;
  settled: string[];
} {
  const properties = { 'system.provider_response_id': 'left' };
  const json = JSON.stringify({
    category: 'system.openai',
    units: {},
    provider_response_id: 'left-key',
    properties,
  });
  const events = acceptedAt === undefined ? [] : [{ id: 'left-key', json, acceptedAt }];
  const settled: string[] = [];
  const journal = {
    recover: () => (events.length > 0 ? events.splice(0) : undefined),
    overflow: () => {},
    append: () => {},
    sending: () => {},
    settled: (ids: readonly string[]) => void settled.push(...ids),
    close: () => {},
  };
  return { journal, settled };
}

/** A promise that its test resolves. */
export function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

export const hour = 3_600_000;
/** Without the default limit of ten seconds. */
export const untilDone: { timeoutMs: number } = { timeoutMs: Infinity };

/** The provider's ids in the ledger. */
export const idsIn = (server: RunningPayi): (string | undefined)[] => server.ledger.map(providerIdOf);
export const ingestRequests = (server: RunningPayi): RunningPayi['requests'] =>
  server.requests.filter(({ method }) => method === 'POST');
