import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventOfLine } from './call.ts';
import { linesOf } from './lines.ts';

/** Where events are sent. */
export interface SendTarget {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** What became of the events of a file. */
export interface SendResult {
  sent: number;
  /** Refused by Pay-i, with its codes. */
  readonly refused: Map<string, number>;
}

const batchSize = 200;
const tries = 5;

/**
 * Delivers the events of a file to Pay-i, each once: an event is known by its id, so one that is sent again replaces
 * itself. `<file>.sent` remembers how many lines were sent, and a second run goes on there.
 *
 * @throws {Error} Pay-i does not answer, or refuses the key.
 */
export async function sendFile(
  path: string,
  target: SendTarget,
  onProgress: (lines: number) => void = () => {},
): Promise<SendResult> {
  const progress = `${path}.sent`;
  const done = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) || 0 : 0;
  const result: SendResult = { sent: 0, refused: new Map() };
  let batch: object[] = [];
  let lines = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await sendBatch(batch, target, result);
    batch = [];
    writeFileSync(progress, `${lines}\n`);
    onProgress(lines);
  };
  for await (const line of linesOf(path)) {
    lines += 1;
    if (lines <= done) continue;
    const event = eventOfLine(line);
    if (event !== undefined) batch.push(event);
    if (batch.length === batchSize) await flush();
  }
  if (lines > done) await flush();
  return result;
}

async function sendBatch(
  batch: readonly object[],
  { baseUrl, apiKey }: SendTarget,
  result: SendResult,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    let status = 0;
    let answer: unknown;
    let failure = 'no answer';
    try {
      const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/api/v1/ingest/bulk-upsert`, {
        method: 'POST',
        headers: { 'xProxy-Api-Key': apiKey, 'content-type': 'application/json' },
        body: JSON.stringify(batch),
        // The key must not follow a redirect.
        redirect: 'manual',
        signal: AbortSignal.timeout(30_000),
      });
      status = response.status;
      failure = `status ${status}`;
      answer = await response.json();
    } catch (error) {
      if (status === 0) failure = (error as Error).message;
    }
    const { ingest_count: taken, errors, xproxy_error } = Object(answer) as Record<string, unknown>;
    if (typeof taken === 'number') {
      result.sent += taken;
      for (const { xproxy_result } of Array.isArray(errors) ? errors : []) {
        const code = String(xproxy_result?.xproxy_error?.code ?? 'unknown');
        result.refused.set(code, (result.refused.get(code) ?? 0) + 1);
      }
      return;
    }
    const { code } = Object(xproxy_error) as { code?: unknown };
    const isFinal = typeof code === 'string' && status !== 429 && status < 500;
    if (isFinal || attempt === tries) {
      throw new Error(`Pay-i at ${baseUrl} did not take the events: ${isFinal ? code : failure}`);
    }
    await sleep(500 * 2 ** attempt);
  }
}
