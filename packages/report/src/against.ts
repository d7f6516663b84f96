import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportedCall } from './call.ts';
import { linesOf } from './lines.ts';
import type { Units } from './price.ts';

/** Tokens of a call, as AWS's logs have them. A count that is not stated is absent. */
export interface TokenCounts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

/** A call in one ledger. */
export interface LedgerEntry extends TokenCounts {
  readonly at: string;
  readonly model: string;
  readonly isEstimated?: boolean;
}

/** A call that the two ledgers do not agree on. */
export interface Disagreement {
  readonly id: string;
  readonly events: LedgerEntry | undefined;
  readonly logs: LedgerEntry | undefined;
}

const kinds = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;

/**
 * Reads a record of AWS's model invocation logs: a line of a file in S3, or of CloudWatch, which puts a time in front.
 *
 * @returns `undefined` for any other line.
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
 */
export function logOfLine(
  line: string,
): { readonly id: string; readonly entry: LedgerEntry; readonly isFailed: boolean } | undefined {
  let log: Record<string, unknown>;
  try {
    log = Object(JSON.parse(line.slice(line.indexOf('{'))));
  } catch {
    return undefined;
  }
  const { requestId: id, timestamp, modelId, input, output } = log;
  if (typeof id !== 'string' || id === '' || typeof modelId !== 'string') return undefined;
  const counts = { ...Object(input), ...Object(output) } as Record<string, unknown>;
  const count = (name: string): number | undefined => {
    const value = counts[`${name}TokenCount`];
    return typeof value === 'number' ? value : undefined;
  };
  return {
    id,
    isFailed: log.errorCode !== undefined && count('output') === undefined,
    entry: {
      at: String(timestamp ?? ''),
      model: modelId,
      input: count('input'),
      output: count('output'),
      cacheRead: count('cacheReadInput'),
      cacheWrite: count('cacheWriteInput'),
    },
  };
}

/** The call as AWS would log it. Without counts, if none are known. */
export function entryOfCall({ at, model, units, isEstimated }: ReportedCall): LedgerEntry {
  const isCounted = Object.keys(units).length > 0;
  return {
    at: new Date(at).toISOString(),
    model,
    ...(isCounted && tokensOf(units)),
    ...(isEstimated && { isEstimated }),
  };
}

function tokensOf(units: Units): TokenCounts {
  const counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  for (const name in units) {
    // Searches and checks of guardrails are not tokens.
    if (/request|guardrail/.test(name)) continue;
    const kind = /cache_read/.test(name) ? 'cacheRead' : /cache_write/.test(name) ? 'cacheWrite' : 'input';
    counts[kind] += units[name]?.input ?? 0;
    counts.output += units[name]?.output ?? 0;
  }
  return counts;
}

const partCount = 64;
const flushedChars = 65_536;

/**
 * Two ledgers, joined by the id of the call. Both are divided by the ids into files of a temporary folder, of which one at a
 * time is in memory: about 1/64 of all calls.
 */
export class Join {
  readonly #folder = mkdtempSync(join(tmpdir(), 'payi-report-'));
  readonly #waiting: string[] = Array.from({ length: partCount }, () => '');
  /** Calls that are in both ledgers, once {@link disagreements} are read. */
  both = 0;

  add(ledger: 'events' | 'logs', id: string, entry: LedgerEntry): void {
    let part = 0;
    for (let at = 0; at < id.length; at += 1) part = (part * 31 + id.charCodeAt(at)) % partCount;
    this.#waiting[part] += `${JSON.stringify([ledger, id, entry])}\n`;
    if ((this.#waiting[part] as string).length > flushedChars) this.#flush(part);
  }

  /** What the ledgers do not agree on. Of an entry that a ledger has twice, the last counts. */
  async *disagreements(): AsyncGenerator<Disagreement, void, undefined> {
    for (let part = 0; part < partCount; part += 1) {
      this.#flush(part);
      if (!existsSync(this.#file(part))) continue;
      const calls = new Map<string, { events?: LedgerEntry; logs?: LedgerEntry }>();
      for await (const line of linesOf(this.#file(part))) {
        const [ledger, id, entry] = JSON.parse(line) as ['events' | 'logs', string, LedgerEntry];
        const call = calls.get(id) ?? {};
        call[ledger] = entry;
        calls.set(id, call);
      }
      for (const [id, { events, logs }] of calls) {
        if (events !== undefined && logs !== undefined) {
          this.both += 1;
          if (agree(events, logs)) continue;
        }
        yield { id, events, logs };
      }
    }
  }

  /** Removes the temporary folder. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #flush(part: number): void {
    if (this.#waiting[part] !== '') appendFileSync(this.#file(part), this.#waiting[part] as string);
    this.#waiting[part] = '';
  }

  #file(part: number): string {
    return join(this.#folder, String(part));
  }
}

/** A count that AWS does not state is not compared. One that the events do not state is unknown, which is a difference. */
function agree(events: LedgerEntry, logs: LedgerEntry): boolean {
  return kinds.every((kind) => logs[kind] === undefined || logs[kind] === events[kind]);
}

export const disagreementHeading: readonly string[] = [
  'request id',
  'found in',
  'time',
  'model',
  ...kinds.flatMap((kind) => [`${kind}, events`, `${kind}, AWS`]),
  'estimated',
];

export function disagreementRow({ id, events, logs }: Disagreement): (string | number)[] {
  const foundIn = events === undefined ? 'logs' : logs === undefined ? 'events' : 'both';
  const { at, model } = (events ?? logs) as LedgerEntry;
  const counts = kinds.flatMap((kind) => [events?.[kind] ?? '', logs?.[kind] ?? '']);
  return [id, foundIn, at, model, ...counts, events?.isEstimated ? 'yes' : ''];
}
