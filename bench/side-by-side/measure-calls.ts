import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { takeTurns } from '../harness/take-turns.ts';
import { eventCount, type Wanted } from './answers.ts';
import type { Contestant, ContestantDefinition } from './contestant.ts';
import { loadCopy } from './module-copy.ts';
import type { Seen, Servers } from './start-servers.ts';

/** A kind of call. */
export interface Scenario {
  readonly title: string;
  readonly wanted: Wanted;
  /** `µs` or `ms` of processor time per call. */
  readonly unit: 'µs' | 'ms';
  /** Whether the calls of a round are all under way at a time, each in the context of a user of its own. */
  readonly allAtOnce?: boolean;
  readonly rounds: number;
  /** In a round. */
  readonly calls: number;
}

/** What one round took. */
export interface Sample {
  /** Of this process, per call: what a contestant does in the background for these calls is part of it. */
  readonly cpuMicroseconds: number;
  /** Per call: until the callers had their answers. */
  readonly wallMicroseconds: number;
}

/** By contestant; where there is nothing to measure, why. */
export type Outcome = Record<string, readonly Sample[] | string>;

/** A contestant while it is measured. */
interface Entrant {
  readonly contestant: Contestant;
  calls: number;
}

const patienceMs = 15_000;
/** A user that no other call is for. */
const newUser = (): string => `u-${randomUUID()}`;

/**
 * Measures every scenario with all contestants of a provider.
 *
 * @param quick - Few rounds: that everything works, not how fast.
 * @throws when an instrumentation does not record calls, or annotations do not arrive: nothing is fast because it does
 *   nothing. A caller who does not get what the bare client gives is a result.
 */
export async function measureCalls(
  definitions: readonly ContestantDefinition[],
  scenarios: readonly Scenario[],
  servers: Servers,
  quick: boolean,
): Promise<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {};
  const unable: Record<string, string> = {};
  const entrants: Record<string, Entrant> = {};
  for (const definition of definitions) {
    if (definition.notMeasured === undefined) entrants[definition.name] = load(definition, servers);
    else {
      await confirmNotMeasurable(definition, servers);
      unable[definition.name] = definition.notMeasured;
    }
  }
  for (const scenario of scenarios) {
    const faults: Record<string, string> = {};
    const able: Record<string, Entrant> = {};
    let expected: number | undefined;
    for (const [name, entrant] of Object.entries(entrants)) {
      const gotten = await tryOut(name, entrant, scenario, servers);
      expected ??= gotten;
      const isWhole = eventCount(scenario.wanted) === undefined ? gotten >= expected : gotten === expected;
      if (isWhole) able[name] = entrant;
      else faults[name] = `gives ${gotten} of ${expected} events`;
    }
    const rounds = quick ? 2 : scenario.rounds;
    await takeTurns(able, Math.ceil(rounds / 3), (entrant) => playRound(entrant, scenario));
    const samples = await takeTurns(able, rounds, (entrant) => playRound(entrant, scenario));
    outcomes[scenario.title] = { ...samples, ...faults, ...unable };
  }
  for (const { contestant } of Object.values(entrants)) await contestant.close();
  return outcomes;
}

function load(definition: ContestantDefinition, { addresses }: Servers): Entrant {
  return { contestant: loadCopy((require) => definition.load(require, addresses)), calls: 0 };
}

/** What nobody can measure today may be repaired tomorrow. */
async function confirmNotMeasurable(definition: ContestantDefinition, servers: Servers): Promise<void> {
  try {
    const { contestant } = load(definition, servers);
    await contestant.call('a small answer', 'u');
    await wait(50);
    const recorded = contestant.observer.recorded();
    await contestant.close();
    await servers.seen();
    if (recorded === 0) return;
  } catch {
    return;
  }
  throw new Error(`${definition.name} works after all: take its \`notMeasured\` away`);
}

/** @returns How much the caller got. */
async function tryOut(
  name: string,
  entrant: Entrant,
  { wanted }: Scenario,
  servers: Servers,
): Promise<number> {
  await servers.seen();
  const user = newUser();
  const gotten = await withPatience(name, entrant.contestant.call(wanted, user));
  const inContext = newUser();
  const { observer } = entrant.contestant;
  await withPatience(
    name,
    observer.within(inContext, () => entrant.contestant.call(wanted, undefined)),
  );
  entrant.calls += 2;
  await withPatience(name, observer.settle(entrant.calls));
  if (observer.recorded() !== undefined && observer.recorded() !== entrant.calls) {
    throw new Error(`${name} recorded ${observer.recorded()} of ${entrant.calls} calls`);
  }
  const seen = await eventually(servers, (all) =>
    observer.sends === 'to Pay-i' ? all.payiUsers.length >= 2 : all.providerUsers.length >= 2,
  );
  const named = observer.sends === 'headers' ? seen.providerUsers : seen.payiUsers;
  const isNamed = observer.sends === 'nothing' || (named.includes(user) && named.includes(inContext));
  // Whoever does not use headers leaves the provider without any of them.
  const isQuiet = observer.sends === 'headers' || seen.providerUsers.every((sent) => sent === null);
  if (!isNamed || !isQuiet) {
    throw new Error(`${name}: users arrived as ${JSON.stringify(seen)}, not ${user} and ${inContext}`);
  }
  return gotten;
}

/** A server may still be writing into its books when the caller has the answer. */
async function eventually(servers: Servers, isEnough: (seen: Seen) => boolean): Promise<Seen> {
  let all: Seen = { providerUsers: [], payiUsers: [] };
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { providerUsers, payiUsers } = await servers.seen();
    all = {
      providerUsers: [...all.providerUsers, ...providerUsers],
      payiUsers: [...all.payiUsers, ...payiUsers],
    };
    if (isEnough(all)) break;
    await wait(20);
  }
  return all;
}

async function playRound(entrant: Entrant, { wanted, calls, allAtOnce = false }: Scenario): Promise<Sample> {
  // What earlier rounds left behind is not collected at this one's cost. A full collection is for rounds of large calls,
  // which are of few: after bodies of 1 MB the engine makes one in every second or third round, whoever's turn it is.
  await globalThis.gc?.({ type: calls <= 3 ? 'major' : 'minor', execution: 'sync' });
  const { contestant } = entrant;
  const { observer } = contestant;
  entrant.calls += calls;
  const startedAt = performance.now();
  const before = process.cpuUsage();
  if (allAtOnce) {
    const inContext = (call: number): Promise<number> =>
      observer.within(`u-${call}`, () => contestant.call(wanted, undefined));
    await Promise.all(Array.from({ length: calls }, (_, call) => inContext(call)));
  } else {
    for (let call = 0; call < calls; call += 1) await contestant.call(wanted, `u-${call}`);
  }
  const wallMicroseconds = ((performance.now() - startedAt) * 1000) / calls;
  await observer.settle(entrant.calls);
  const { user, system } = process.cpuUsage(before);
  return { cpuMicroseconds: (user + system) / calls, wallMicroseconds };
}

async function withPatience<Result>(name: string, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: nothing came within 15 seconds`)), patienceMs);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
