import { keepRecent } from '../runtime.ts';
import { scoreMember, scoreStart } from './accept-score.ts';
import { type IngestTarget, sendRequest } from './ingest-request.ts';
import { resultOf, type SendResult } from './send-result.ts';

/** A score to send, in JSON. */
export interface OutgoingScore {
  readonly json: string;
  /** Milliseconds since 1970, on the clock of the process that accepted it. */
  readonly acceptedAt: number;
  /** `undefined` if an earlier process left it behind. */
  readonly call: object | undefined;
  /** How often Pay-i answered 404 for it. */
  misses: number;
}

/** Pay-i may need a moment until it knows the instance that an event has begun. */
const maxMisses = 5;
/** Far more than one batch has. */
const mostNewest = 1000;

export function isScore(json: string): boolean {
  return json.startsWith(scoreStart);
}

/**
 * Sends scores, all at once. A request sets the score, so a second one does no harm.
 *
 * @param newest - The newest score of each KPI and instance, of earlier batches too. Updated. All others count as accepted
 *   and are not sent.
 */
export function sendScores(
  target: IngestTarget,
  scores: readonly OutgoingScore[],
  newest: Map<string, OutgoingScore>,
): Promise<readonly SendResult[]> {
  for (const score of scores) {
    const key = keyOf(score);
    const other = newest.get(key);
    // Scores of this process are in order, whatever its clock says. One that was left behind may come after a newer one.
    if (score.call === undefined && other !== undefined && other.acceptedAt > score.acceptedAt) continue;
    newest.delete(key);
    keepRecent(newest, key, score, mostNewest);
  }
  return Promise.all(
    scores.map((score) =>
      newest.get(keyOf(score)) === score ? sendScore(target, score) : { kind: 'accepted' },
    ),
  );
}

async function sendScore(target: IngestTarget, outgoing: OutgoingScore): Promise<SendResult> {
  let path: string;
  let body: string;
  try {
    const { kpi_name, use_case_name, use_case_id, score } = JSON.parse(outgoing.json);
    const [kpi, name, id] = [kpi_name, use_case_name, use_case_id].map(encodeURIComponent);
    path = `/api/v1/use_cases/instances/${name}/${id}/kpis/${kpi}`;
    body = JSON.stringify({ score });
  } catch {
    return { kind: 'rejected', reason: 'not readable' };
  }
  const answer = await sendRequest(target, 'PUT', path, body);
  const { status, retryAfterMs } = answer;
  const reason = `${answer.reason}, for the score of a KPI`;
  if (status === 404 && answer.body !== undefined) {
    outgoing.misses += 1;
    return outgoing.misses < maxMisses
      ? { kind: 'retry', reason, retryAfterMs }
      : { kind: 'rejected', reason };
  }
  const result = resultOf(answer);
  // Without its code: the sender would look for a label to leave out.
  return result.kind === 'rejected' ? { kind: 'rejected', reason } : result;
}

function keyOf({ json }: OutgoingScore): string {
  return json.slice(0, json.indexOf(scoreMember));
}
