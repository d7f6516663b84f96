import type { Annotations } from '@payi/core';
import type { Finding } from '../finding.ts';
import type { ClientReport, DryRunReport } from '../report.ts';
import type { Phase } from './confinement.ts';

/** What the doctor asks of the process that imports the module. */
export interface Examination {
  /** Absolute. */
  readonly modulePath: string;
  readonly exportName: string | undefined;
  readonly operation: string | undefined;
  readonly model: string | undefined;
  readonly annotations: Annotations | undefined;
  /** Export that holds the headers of the call. */
  readonly headersExport: string | undefined;
}

/** What that process answers, piece by piece: it may never come to the end. */
export type ExaminationMessage =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'findings'; readonly findings: readonly Finding[] }
  | { readonly kind: 'client'; readonly client: ClientReport }
  | {
      readonly kind: 'payi';
      readonly baseUrl: string;
      /** To ask Pay-i with. Stays in the memory of the doctor. */
      readonly apiKey: string | undefined;
      /** Other values that must not be printed. */
      readonly secrets: readonly string[];
    }
  | { readonly kind: 'dry-run'; readonly dryRun: DryRunReport }
  | { readonly kind: 'files'; readonly files: readonly string[] }
  | { readonly kind: 'end' };
