import { takeTurns } from '../harness/take-turns.ts';
import { annotationsOf, headersByHand } from './annotations.ts';
import { requireContestant } from './module-copy.ts';
import { portkeyConfig } from './openai-contestants.ts';

const callsPerRound = 2000;
const users = Array.from({ length: 64 }, (_, index) => `data_scientist_${index}`);

type Create = (user: string) => Record<string, string>;
export type HeaderCreator = 'by hand' | 'Pay-i' | 'Portkey';

/**
 * What creating the headers of one call costs. Calls differ in their user.
 *
 * @returns Nanoseconds per call, one figure for each round.
 */
export async function measureHeaderCreation(quick: boolean): Promise<Record<HeaderCreator, number[]>> {
  const { createHeaders } = requireContestant('@payi/core') as typeof import('@payi/core');
  const portkey = requireContestant('portkey-ai') as {
    createHeaders(config: object): Record<string, string>;
  };
  const creators: Record<HeaderCreator, Create> = {
    'by hand': headersByHand,
    'Pay-i': (user) => createHeaders(annotationsOf(user)),
    Portkey: (user) => portkey.createHeaders(portkeyConfig(user)),
  };
  const rounds = quick ? 2 : 300;
  await takeTurns(creators, Math.ceil(rounds / 3), oneRound);
  return takeTurns(creators, rounds, oneRound) as Promise<Record<HeaderCreator, number[]>>;
}

async function oneRound(create: Create): Promise<number> {
  const start = process.hrtime.bigint();
  let length = 0;
  for (let call = 0; call < callsPerRound; call += 1) {
    // A provider SDK reads the record next; without a read the engine may drop the work.
    for (const value of Object.values(create(users[call % users.length] as string))) length += value.length;
  }
  const nanoseconds = Number(process.hrtime.bigint() - start) / callsPerRound;
  if (length === 0) throw new Error('no headers were created');
  return nanoseconds;
}
