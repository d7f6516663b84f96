import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventOfLine, scoreOfLine } from './call.ts';
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
    const score = scoreOfLine(line);
    // After the events before it, which begin what it belongs to.
    if (score !== undefined) {
      if (batch.length > 0) await sendBatch(batch.splice(0), target, result);
      await sendScore(score, target, result);
    }
    if (batch.length === batchSize) await flush();
  }
  if (lines > done) await flush();
  return result;
}

async function sendBatch(batch: readonly object[], target: SendTarget, result: SendResult): Promise<void> {
  const isTaken = (_: number, { ingest_count }: Answer): boolean => typeof ingest_count === 'number';
  const { answer } = await request(target, 'POST', 'ingest/bulk-upsert', batch, isTaken);
  result.sent += Number(answer.ingest_count);
  for (const { xproxy_result } of Array.isArray(answer.errors) ? answer.errors : []) {
    refuse(result, String(xproxy_result?.xproxy_error?.code ?? 'unknown'));
  }
}

/** Sets the score, so a second time does no harm. */
async function sendScore(
  { kpi_name, use_case_name, use_case_id, score }: Answer,
  target: SendTarget,
  result: SendResult,
): Promise<void> {
  const names = [use_case_name, use_case_id, 'kpis', kpi_name].map((name) =>
    encodeURIComponent(String(name)),
  );
  const path = `use_cases/instances/${names.join('/')}`;
  // A score that is refused has no code.
  const isAnswered = (status: number): boolean => status < 300 || status === 400 || status === 404;
  const { status } = await request(target, 'PUT', path, { score }, isAnswered);
  if (status < 300) result.sent += 1;
  else refuse(result, `status ${status}, for the score of a KPI`);
}

function refuse({ refused }: SendResult, reason: string): void {
  refused.set(reason, (refused.get(reason) ?? 0) + 1);
}

type Answer = Readonly<Record<string, unknown>>;

/** @throws {Error} Pay-i refuses the request, or does not answer as `isDone` says. */
async function request(
  { baseUrl, apiKey }: SendTarget,
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
  isDone: (status: number, answer: Answer) => boolean,
): Promise<{ status: number; answer: Answer }> {
  for (let attempt = 1; ; attempt += 1) {
    let status = 0;
    let failure = 'no answer';
    let answer: Answer = {};
    try {
      const response = await fetch(`${baseUrl.replace(/\/+$/, '')}/api/v1/${path}`, {
        method,
        headers: { 'xProxy-Api-Key': apiKey, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // The key must not follow a redirect.
        redirect: 'manual',
        signal: AbortSignal.timeout(30_000),
      });
      status = response.status;
      failure = `status ${status}`;
      answer = Object(await response.json());
    } catch (error) {
      if (status === 0) failure = (error as Error).message;
    }
    if (status > 0 && isDone(status, answer)) return { status, answer };
    const { code } = Object(answer.xproxy_error) as { code?: unknown };
    const isFinal = typeof code === 'string' && status !== 429 && status < 500;
    if (isFinal || attempt === tries) {
      throw new Error(`Pay-i at ${baseUrl} did not take the events: ${isFinal ? code : failure}`);
    }
    await sleep(500 * 2 ** attempt);
  }
}
