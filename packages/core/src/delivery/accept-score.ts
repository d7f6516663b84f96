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
/** Ends the part that tells KPI and instance. Names cannot hold it: their quotes are escaped. */
export const scoreMember = ',"score":';

/** Queues a score, and keeps it in the journal, like an event. It is sent after the events of earlier calls. */
export function acceptScore(delivery: OpenDelivery, { kpi, useCaseName, useCaseId, score }: KpiScore): void {
  const eventId = newEventId();
  // `scoreStart` and `scoreMember` need this order. The journal finds the id by its name.
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
