/**
 * Runs the non-interference suite of @payi/testkit for one contestant, and prints its report as JSON. In a process of
 * its own, because the suite catches what nobody else caught.
 *
 *     node --expose-gc interference.ts '<name in bedrockDefinitions>' [--quick]
 */
import type { NonInterferenceOptions } from '@payi/testkit/non-interference';
import { redirectByHand, withoutResultIds } from '../../packages/bedrock/test/redirect-by-hand.ts';
import { bedrockDefinitions } from './bedrock-contestants.ts';
import { requireContestant } from './module-copy.ts';
import { startServers } from './start-servers.ts';

const [name, isQuick] = [process.argv[2], process.argv.includes('--quick')];
const definition = bedrockDefinitions.find((candidate) => candidate.name === name);
if (definition === undefined) throw new Error(`no contestant is called ${name}`);

// In a process of its own: what it keeps of calls would count as memory of this one.
const servers = await startServers();
const backend = servers.addresses.payi;
const { instrument, observer } = definition.prepare(requireContestant, backend);
// After the instrumentation, which is to see the suite's copy of the SDK being loaded.
const { checkNonInterference } = requireContestant(
  '@payi/testkit/non-interference',
) as typeof import('@payi/testkit/non-interference');

/** Route `proxy` is compared with a client that is sent through the proxy by hand. */
const throughProxy: Partial<NonInterferenceOptions> = {
  baseline: redirectByHand(backend),
  comparableBytes: withoutResultIds,
  volatileMembers: ['request_id'],
};
const report = await checkNonInterference({
  instrument,
  ...(name?.includes('proxy') && throughProxy),
  ...(isQuick && { checks: ['output shape', 'events', 'undo'], protocols: ['h2'] }),
});
await observer.close();
servers.close();
process.stdout.write(JSON.stringify(report), () => process.exit());
