import { beforeEach } from 'vitest';
import { createPayi, type Diagnostic, type Payi, type Receipt } from '../../packages/core/src/index.ts';

/** What a test heard since it began. */
export interface Recording {
  readonly payi: Payi;
  readonly receipts: Receipt[];
  readonly diagnostics: Diagnostic[];
}

/** One `Payi` on route `headers` for the tests of a file, with what it says to the test at hand. */
export function recordedPayi(): Recording {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  beforeEach(() => {
    receipts.length = 0;
    diagnostics.length = 0;
  });
  const payi = createPayi({
    route: 'headers',
    onReceipt: (receipt) => receipts.push(receipt),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  return { payi, receipts, diagnostics };
}
