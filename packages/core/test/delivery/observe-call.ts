// By relative paths, because programs outside the test runner, which resolves package names to sources, use this too.
import type { Annotations } from '../../src/annotations/annotations.ts';
import { Observation } from '../../src/call/observation.ts';
import type { Payi } from '../../src/settings/payi.ts';
import { resolvePayi } from '../../src/settings/resolved-payi.ts';

/** A call that was answered and has not ended, as an adapter would leave it. */
export function observeCall(
  payi: Payi,
  providerResponseId?: string,
  annotations: Annotations = {},
): Observation {
  const call = { category: 'system.openai', operation: 'chat', resource: 'gpt-4o-mini', annotations };
  const observation = new Observation(call, resolvePayi(payi));
  observation.attempt({ method: 'POST', url: 'https://api.openai.com/', headers: {}, body: '' });
  observation.answered({ status: 200, headers: {} });
  const units = { text: { input: 1000, output: 100 } };
  observation.read('body', { units, ...(providerResponseId !== undefined && { providerResponseId }) });
  return observation;
}

/** The id of the answer in an entry of a ledger. */
export function providerIdOf({
  annotations,
}: {
  readonly annotations: Pick<Annotations, 'requestProperties'>;
}): string | undefined {
  return annotations.requestProperties?.['system.provider_response_id'] ?? undefined;
}
