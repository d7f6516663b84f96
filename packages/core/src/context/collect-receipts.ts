import type { Receipt } from '../call/receipt.ts';
import type { GatheredUnits, Units } from '../usage/reading.ts';
import type { CollectedCall, Collector, CollectorStorage } from './receipt-collector.ts';

/** Sums over the receipts of one `collectReceipts()`. */
export interface ReceiptTotals {
  /** Calls that have ended, blocked and failed ones too. */
  readonly calls: number;
  /** Calls that had not ended when the function did: streams that nobody has read to their end. They have no receipt. */
  readonly open: number;
  /** Counts by Pay-i's unit names. */
  readonly units: Units;
  readonly cost: {
    /** Sums of the costs that Pay-i stated, by currency: `{ usd: 0.0123 }`. */
    readonly known: Readonly<Record<string, number>>;
    /** How many calls that were not blocked have no known cost. If there are any, the true sum may be higher. */
    readonly unknown: number;
  };
}

/** What {@link collectReceipts} resolves to. */
export interface CollectedReceipts<Result> {
  /** What the function returned or resolved to. */
  readonly result: Result;
  /** In the order in which the calls began. */
  readonly receipts: readonly Receipt[];
  readonly totals: ReceiptTotals;
}

/** Runs `fn` under a new collector, then waits for the final receipts of the calls that have ended. */
export async function collectIn<Result>(
  storage: CollectorStorage,
  fn: () => Result | PromiseLike<Result>,
): Promise<CollectedReceipts<Result>> {
  const calls: CollectedCall[] = [];
  const collector: Collector = { outer: storage.getStore(), calls };
  const result = await storage
    .run(collector, async () => fn())
    .finally(() => {
      collector.calls = undefined;
    });
  const ended: Promise<Receipt>[] = [];
  let open = 0;
  for (const call of calls) {
    if (call.receipt() !== undefined) ended.push(finalReceipt(call));
    // A call without an attempt was refused before anything was sent.
    else if (call.attempts > 0) open += 1;
  }
  const receipts = await Promise.all(ended);
  return { result, receipts, totals: totalsOf(receipts, open) };
}

function finalReceipt(call: CollectedCall): Promise<Receipt> {
  return new Promise((resolve) => {
    if (call.isFinal) resolve(call.receipt() as Receipt);
    else call.whenFinal(resolve);
  });
}

function totalsOf(receipts: readonly Receipt[], open: number): ReceiptTotals {
  const units: GatheredUnits = {};
  const known: Record<string, number> = {};
  let unknown = 0;
  for (const receipt of receipts) {
    for (const name in receipt.units) {
      units[name] ??= {};
      const { input, output } = receipt.units[name] as Units[string];
      if (input !== undefined) units[name].input = (units[name].input ?? 0) + input;
      if (output !== undefined) units[name].output = (units[name].output ?? 0) + output;
    }
    const { currency = '', total } = receipt.cost ?? {};
    if (total !== undefined) known[currency] = (known[currency] ?? 0) + total;
    else if (receipt.outcome !== 'blocked') unknown += 1;
  }
  return { calls: receipts.length, open, units, cost: { known, unknown } };
}
