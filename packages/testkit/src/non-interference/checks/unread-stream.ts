import type { EventsAnswer } from '../../bedrock-answer.ts';
import { converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import { compare } from '../compare-facts.ts';
import type { Facts } from '../describe-value.ts';
import { untilSo } from '../patience.ts';
import type { Verdict } from '../report.ts';
import { converseEvents } from '../samples.ts';
import type { Side, Stage } from '../stage.ts';

const exception = { exception: 'throttlingException', payload: { message: 'slow down' } };

/** By model id. A lost connection over HTTP/2 ends every call on it, so it has its own scenario. */
const failures: readonly Readonly<Record<string, EventsAnswer>>[] = [
  {
    'an exception': { events: [...converseEvents.events.slice(0, 3), exception] },
    'a reset': { ...converseEvents, faults: { dropAfterEvents: 3 } },
    'a wrong checksum': { ...converseEvents, faults: { corruptMessageOfFrame: 2 } },
  },
  { 'a lost connection': { ...converseEvents, faults: { dropAfterEvents: 3, dropScope: 'connection' } } },
];

/** The longest time until each answer has ended in some way. */
const patienceMs = 3000;
/** The time in which uncaught errors of these streams are noticed. */
const noticeMs = 120;

/** Checks that streams that fail while they are not read, or after their reader has left, cause no uncaught errors. */
export const unreadStream: Check = {
  name: 'unread stream',
  async run(stage) {
    // A late error is missed, so a difference must occur twice.
    const verdict = await compareUncaught(stage);
    return verdict.passed ? verdict : compareUncaught(stage);
  },
};

async function compareUncaught(stage: Stage): Promise<Verdict> {
  const facts = async (side: Side): Promise<Facts> => {
    const uncaught: Facts = [];
    for (const answers of failures) uncaught.push(...(await leaveUnread(stage, side, answers)));
    return uncaught;
  };
  const bare = await facts('bare');
  const instrumented = await facts('instrumented');
  // An instrumentation that does better than the bare client does not interfere.
  const verdict = compare(bare, instrumented.length === 0 ? bare : instrumented);
  return {
    ...verdict,
    detail: verdict.passed ? 'errors that nobody caught, of four ways to fail' : verdict.detail,
    bare: bare.length,
    instrumented: instrumented.length,
  };
}

async function leaveUnread(stage: Stage, side: Side, answers: (typeof failures)[number]): Promise<Facts> {
  const before = stage.incidents.length;
  const answer = ({ modelId }: { modelId: string }) => ({
    chunkDelayMs: 10,
    events: [],
    ...answers[modelId],
  });
  await stage.play(side, { server: { answer } }, async ({ client, bedrock }) => {
    const leave = async (modelId: string): Promise<void> => {
      await converseStream(client, { modelId });
      const left = await converseStream(client, { modelId });
      for await (const _event of left.stream ?? []) break;
    };
    await Promise.all(Object.keys(answers).map(leave));
    await untilSo(() => bedrock.requests.every(({ answered }) => answered !== 'pending'), patienceMs);
    await untilSo(() => false, noticeMs);
  });
  // These errors are counted here; the check `unhandled errors` counts all others.
  return stage.incidents.splice(before).map(({ text }) => text);
}
