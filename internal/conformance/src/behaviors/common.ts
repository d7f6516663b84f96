import { endOf, facts, logOf } from '../facts.ts';
import { Lab, silence, turns, whole } from '../lab.ts';
import type { Surface } from '../surface.ts';
import type { Behaviors } from './behavior.ts';

const ofWhole = ({ isStream }: Surface): boolean => !isStream;
const ofStream = ({ isStream }: Surface): boolean => isStream;
/** The client of Anthropic for Bedrock waits for the next event, which may never come. */
const canLeave = ({ name, isStream }: Surface): boolean => isStream && !name.startsWith('AnthropicBedrock');
/** The SDKs with timers of their own, which a test can hold. The others leave time limits to the socket. */
const hasTimers = ({ name }: Surface): boolean => !isBedrock(name);
/** Whether it shows when an answer begins. HTTP/2 does not. */
const tellsBegin = ({ name }: Surface): boolean => !isBedrock(name) || /HTTP.1|fetch/.test(name);
const isBedrock = (name: string): boolean => /^Bedrock/.test(name);

const soon = { 'retry-after-ms': '1' };
const long = 'word '.repeat(80_000);
/** A whole answer, or a stream to its end. */
const answerOf = async (lab: Lab, options?: Parameters<Lab['send']>[0]): Promise<unknown> => {
  const { answer, events } = await lab.send(options);
  return events === undefined ? facts(answer) : [facts(answer), await logOf(events)];
};
/** A call whose own time limit passes without an answer, and what it is answered with if it is sent again. */
const pastLimit =
  (then: (lab: Lab) => Parameters<Lab['answer']>) =>
  async (lab: Lab): Promise<unknown> => {
    lab.answer(silence, ...then(lab));
    const { timeoutMs, timers } = Lab.limit();
    const end = endOf(() => answerOf(lab, { timeoutMs }));
    await lab.arrived(1);
    timers.pass();
    return end;
  };
const isDown = 'Pay-i’s proxy answers in place of a provider that breaks off before its answer';
const isKept = 'Pay-i’s proxy hands a whole answer on when it has all of it';

/** Of every SDK. */
export const commonBehaviors: Behaviors = {
  'an answer': {
    see: (lab) => {
      lab.answer(lab.good('Hi ', 'there'));
      return endOf(() => (lab.surface.isStream ? answerOf(lab) : lab.call()));
    },
  },
  'a long answer': {
    see: (lab) => {
      lab.answer(lab.good(long, 'ünd 🙂'));
      return endOf(() => (lab.surface.isStream ? answerOf(lab) : lab.call()));
    },
  },
  'many calls at once': {
    receipts: 10,
    see: async (lab) => {
      const texts = Array.from({ length: 10 }, (_, index) => `answer ${index}`);
      lab.answer(...texts.map((text) => lab.good(text)));
      const ends = await Promise.all(
        texts.map(() => endOf(() => (lab.surface.isStream ? answerOf(lab) : lab.call()))),
      );
      return ends.map((end) => JSON.stringify(end)).sort();
    },
  },
  'a kept connection': {
    receipts: 3,
    see: async (lab) => {
      lab.answer(lab.good('one'), lab.good('two'), lab.good('three'));
      const opened: number[] = [];
      for (let call = 0; call < 3; call += 1) {
        await answerOf(lab);
        await turns();
        opened.push(lab.connections);
      }
      return opened.map((count) => count - (opened[0] as number));
    },
  },
  'a refusal': {
    see: (lab) => {
      lab.answer(lab.refusal(400, 'ValidationException'));
      return endOf(() => lab.send());
    },
  },
  'refusals of all kinds': {
    receipts: 7,
    see: async (lab) => {
      const ends: unknown[] = [];
      for (const status of [401, 403, 404, 409, 422, 429, 500]) {
        lab.answer(lab.refusal(status, `code_${status}`));
        ends.push(await endOf(() => lab.send()));
      }
      return ends;
    },
  },
  'retries, then an answer': {
    limits: { maxRetries: 2 },
    see: async (lab) => {
      const busy = lab.refusal(503, 'ServiceUnavailableException', soon);
      lab.answer(busy, busy, lab.good('at last'));
      return endOf(() => (lab.surface.isStream ? answerOf(lab) : lab.call()));
    },
  },
  'retries, then a refusal': {
    limits: { maxRetries: 1 },
    see: async (lab) => {
      const busy = lab.refusal(503, 'ServiceUnavailableException', soon);
      lab.answer(busy, busy);
      return endOf(() => lab.send());
    },
  },
  'an answer that is no JSON': {
    on: ofWhole,
    see: (lab) => {
      lab.answer(whole('<html>'));
      return endOf(() => lab.call());
    },
  },
  'an empty answer': {
    on: ofWhole,
    see: (lab) => {
      lab.answer(whole(''));
      return endOf(() => lab.call());
    },
  },
  'a refusal that is no JSON': {
    see: (lab) => {
      lab.answer({ ...whole('<html>Bad gateway</html>', { 'content-type': 'text/html' }), status: 400 });
      return endOf(() => lab.send());
    },
  },
  'a connection that breaks before the answer': {
    except: { proxy: isDown },
    see: (lab) => {
      lab.answer({ events: [], ending: 'drop' });
      return endOf(() => lab.send());
    },
  },
  'a connection that breaks in the answer': {
    on: ofWhole,
    except: { proxy: isKept },
    see: (lab) => {
      lab.answer({ ...whole(lab.surface.answer.whole('Hi')), events: ['{"id":'], ending: 'cut' });
      return endOf(() => lab.call());
    },
  },
  'a call aborted before it is sent': {
    receipts: 0,
    see: (lab) => endOf(() => lab.send({ signal: AbortSignal.abort() })),
  },
  'a call aborted while it waits': {
    see: async (lab) => {
      lab.answer(silence);
      const caller = new AbortController();
      const end = endOf(() => lab.send({ signal: caller.signal }));
      await lab.arrived(1);
      caller.abort();
      return end;
    },
  },
  'a call aborted with a reason': {
    see: async (lab) => {
      lab.answer(silence);
      const caller = new AbortController();
      const end = endOf(() => lab.send({ signal: caller.signal }));
      await lab.arrived(1);
      caller.abort(new RangeError('mine'));
      return end;
    },
  },
  'a call aborted between two attempts': {
    limits: { maxRetries: 1 },
    hidesRequests: true,
    on: ({ name }) => !isBedrock(name),
    see: async (lab) => {
      lab.answer(lab.refusal(503, 'busy', { 'retry-after-ms': '1000' }), silence);
      const caller = new AbortController();
      const begins = lab.answerBegins();
      const end = endOf(() => lab.send({ signal: caller.signal }));
      await begins;
      caller.abort();
      return end;
    },
  },
  'a call aborted while its answer arrives': {
    on: (surface) => ofWhole(surface) && tellsBegin(surface),
    // A time limit of the SDK looks the same, so the record waits for a retry.
    receipts: 'any',
    except: { proxy: isKept },
    see: async (lab) => {
      lab.answer({ ...whole(lab.surface.answer.whole('Hi')), events: ['{"id":'], ending: 'stall' });
      const caller = new AbortController();
      const begins = lab.answerBegins();
      const end = endOf(() => lab.call({ signal: caller.signal }));
      await begins;
      caller.abort();
      return end;
    },
  },
  'a call aborted after its end': {
    receipts: 2,
    see: async (lab) => {
      lab.answer(lab.good('one'), lab.good('two'));
      const caller = new AbortController();
      const { answer, events } = await lab.send({ signal: caller.signal });
      const first = await logOf(events);
      caller.abort();
      await turns();
      return [facts(answer), first, await answerOf(lab)];
    },
  },
  'a time limit of the client': {
    on: hasTimers,
    movesClock: true,
    see: async (lab) => {
      lab.answer(silence);
      const end = endOf(() => lab.send());
      await lab.arrived(1);
      lab.held?.timers.pass();
      return end;
    },
    limits: { timeoutMs: 'held' },
  },
  'a time limit of the call': {
    on: hasTimers,
    movesClock: true,
    see: pastLimit(() => []),
  },
  'a time limit, then an answer': {
    on: hasTimers,
    movesClock: true,
    limits: { maxRetries: 1 },
    see: pastLimit((lab) => [lab.good('again')]),
  },
  'a stream that its reader leaves': {
    on: canLeave,
    leaves: true,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const { events } = await lab.send();
      const seen: unknown[] = [];
      for await (const event of events ?? []) if (seen.push(facts(event)) === 3) break;
      return seen;
    },
  },
  'a stream whose reader throws': {
    on: canLeave,
    leaves: true,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const { events } = await lab.send();
      return logOf(events, (count) => {
        if (count === 3) throw new RangeError('mine');
      });
    },
  },
  'a stream read by hand and returned': {
    on: ofStream,
    leaves: true,
    see: async (lab) => {
      // The rest has arrived, too.
      lab.answer(lab.begun(4));
      const { events } = await lab.send();
      const iterator = events?.[Symbol.asyncIterator]();
      const steps = [await iterator?.next(), await iterator?.next(), await iterator?.return?.('mine')];
      return facts([...steps, await iterator?.next()]);
    },
  },
  'a stream that is read twice': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const { events } = await lab.send();
      return [await logOf(events), await logOf(events)];
    },
  },
  'a stream aborted in the middle': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const caller = new AbortController();
      const { events } = await lab.send({ signal: caller.signal });
      return logOf(events, (count) => {
        if (count === 3) caller.abort();
      });
    },
  },
  'a stream aborted while its next event is awaited': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const caller = new AbortController();
      const { events } = await lab.send({ signal: caller.signal });
      return logOf(events, (count) => {
        if (count === 3) void turns().then(() => caller.abort());
      });
    },
  },
  'a stream that breaks off': {
    on: ofStream,
    see: async (lab) => {
      let read = (): void => {};
      const isRead = new Promise<void>((resolve) => {
        read = resolve;
      });
      const begun = lab.begun(3, 'cut');
      lab.answer({ ...begun, pace: async (index) => (index === begun.events.length ? isRead : undefined) });
      const { events } = await lab.send();
      const log = await logOf(events, (count) => {
        if (count === 3) read();
      });
      // What the proxy held back may still come.
      return [log.slice(0, 3), log.at(-1)];
    },
  },
  'a stream that ends too early': {
    on: ofStream,
    see: async (lab) => {
      lab.answer({ ...lab.good('Hi'), events: lab.surface.format?.opening ?? [] });
      return logOf((await lab.send()).events);
    },
  },
  'a stream with an error': {
    on: ofStream,
    see: async (lab) => {
      const { opening, text, error } = lab.surface.format as NonNullable<Surface['format']>;
      lab.answer({ events: [...opening, text('Hi'), error.event], ending: 'end' });
      return logOf((await lab.send()).events);
    },
  },
  'a stream with an event that nobody can read': {
    on: ({ format }) => format?.contentType.startsWith('text/event-stream') === true,
    see: async (lab) => {
      const { opening, text } = lab.surface.format as NonNullable<Surface['format']>;
      lab.answer({ events: [...opening, text('Hi'), 'data: {"a":\n\n'], ending: 'end' });
      return logOf((await lab.send()).events);
    },
  },
  'a stream cut into single bytes': {
    on: ofStream,
    see: async (lab) => {
      const { events, ...script } = lab.good('Grüße, ', '世界 🙂');
      const bytes = (asked: string) =>
        (events as (asked: string) => readonly (string | Uint8Array)[])(asked).flatMap((event) =>
          Array.from(Buffer.from(event), (_, index) => Buffer.from(event).subarray(index, index + 1)),
        );
      lab.answer({ ...script, events: bytes });
      return logOf((await lab.send()).events);
    },
  },
};
