import { type StreamFault, streamFaults } from '../../stream-faults.ts';
import { converseStream } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFactsTwice, outcomeOf } from '../compare-facts.ts';
import { describeValue, type Facts } from '../describe-value.ts';
import type { Scene, Stage } from '../stage.ts';

const script = {
  events: [
    { event: 'messageStart', payload: { role: 'assistant' } },
    { event: 'contentBlockDelta', payload: { delta: { text: 'Paris' }, contentBlockIndex: 0 } },
    { event: 'messageStop', payload: { stopReason: 'end_turn' } },
    { event: 'metadata', payload: { usage: { inputTokens: 12, outputTokens: 1, totalTokens: 13 } } },
  ],
};
const faults = streamFaults(script, { everyNthByte: 61, everyNthFrame: 2 });
/** A lost connection over HTTP/2 ends every call on it, so these faults strike one at a time. */
const isSolitary = ({ answer }: StreamFault): boolean => answer.faults?.dropScope === 'connection';
const atOnce = 8;
const stallMs = 100;

/** Compares the ends of streams with a fault on the wire: the error to its last member, the end, or the stall. */
export const streamEndings: Check = {
  name: 'stream endings',
  async run(stage) {
    const verdict = await compareFactsTwice(
      stage,
      () => ({ server: { answer: ({ modelId }) => faults[Number(modelId)]?.answer } }),
      async (scene) => {
        const numbered = [...faults.entries()];
        const facts: Facts[] = [];
        const play = async (queue: [number, StreamFault][]): Promise<void> => {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            facts[next[0]] = await ending(stage, scene, next[0], next[1]);
          }
        };
        const isAlone = ([, fault]: [number, StreamFault]) => stage.protocol === 'h2' && isSolitary(fault);
        const social = numbered.filter((entry) => !isAlone(entry));
        await Promise.all(Array.from({ length: atOnce }, () => play(social)));
        await play(numbered.filter(isAlone));
        return facts.flat();
      },
    );
    return verdict.passed ? { ...verdict, detail: `the same for ${faults.length} faults` } : verdict;
  },
};

async function ending(
  stage: Stage,
  { client }: Scene,
  index: number,
  { name, answer }: StreamFault,
): Promise<Facts> {
  const giveUp = new AbortController();
  const read = async (): Promise<string> => {
    const { stream } = await converseStream(client, { modelId: String(index), abortSignal: giveUp.signal });
    for await (const _event of stream ?? []);
    return 'end';
  };
  const isStall = answer.faults?.stallAfterEvents !== undefined && answer.faults.stallMs === undefined;
  const timer = isStall ? setTimeout(() => giveUp.abort(), stallMs) : undefined;
  const { value, error } = await outcomeOf(read);
  clearTimeout(timer);
  // The end of an aborted call depends on its progress; the check of aborts compares it.
  if (giveUp.signal.aborted) return [`${name}: stalled`];
  return describeValue(error ?? value, name, stage.options);
}
