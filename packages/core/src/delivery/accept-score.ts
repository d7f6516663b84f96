import type { Receipt } from '../call/receipt.ts';
import type { OpenDelivery } from '../call/settled-call.ts';
import { newEventId } from '../runtime.ts';

/** The score of a KPI of one instance of a use case. `null` removes it. */
export interface KpiScore {
  readonly kpi: string;
  readonly useCaseName: string;
  readonly useCaseId: string;
  readonly score: boolean | number | null;
}

/** The JSON of a score begins with this, and that of an event never does. */
export const scoreStart = '{"kpi_name":';
/** What two scores of the same KPI and instance have in common ends here: in names, quotes are escaped. */
export const scoreMember = ',"score":';

/** Delivers a score after the events of calls that ended before, and as they are: queued, and kept in the journal. */
export function acceptScore(delivery: OpenDelivery, { kpi, useCaseName, useCaseId, score }: KpiScore): void {
  const eventId = newEventId();
  // In this order; see above. The id is where the journal looks for it.
  const json = JSON.stringify({
    kpi_name: kpi,
    use_case_name: useCaseName,
    use_case_id: useCaseId,
    score,
    provider_response_id: eventId,
  });
  delivery.accept({
    receipt: { operation: 'scoreKpi', warnings: [] as readonly string[] } as Receipt,
    json,
    eventId,
    providerUri: undefined,
    isAwaited: () => false,
    conclude() {},
  });
}
