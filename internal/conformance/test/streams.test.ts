import { setTimeout as sleep } from 'node:timers/promises';
import { type Receipt, type Route, receiptOf, whenSettled } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { advanceClock, type HeldTimers, holdTimers } from '../../testing/clock.ts';
import { type Script, type SentStream, startScriptedProvider } from '../src/scripted-provider.ts';
import { sdkAge } from '../src/sdks.ts';
import { annotations, ask, readAll, Stage } from '../src/stage.ts';
import { wholeStream } from '../src/stream-formats.ts';
import type { Connection, Sent } from '../src/surface.ts';
import { streamSurfaces } from '../src/surfaces.ts';

const routes: readonly Route[] = ['proxy', 'direct', 'headers'];
/** How long the counts are waited for after the reader has left at the stop of the model. */
const closingTimeMs = 1000;
const hourMs = 3_600_000;

const passAll = (timers: HeldTimers): void => {
  while (timers.count > 0) timers.pass();
};

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
}

describe.each(streamSurfaces)(`$name, ${sdkAge} SDK`, (surface) => {
  const { format } = surface;
  const stage = new Stage(surface, () => startScriptedProvider(format.contentType));

  /** Begins a call that is answered with the stream. */
  function open(connection: Connection, script: Script, signal?: AbortSignal): Promise<Sent> {
    stage.provider.answerNext(script);
    return ask(connection, 'plain', undefined, signal);
  }

  const lastStream = (): SentStream => stage.provider.streams.at(-1) as SentStream;
  const ended = (ending: SentStream['ended']): Promise<void> =>
    expect.poll(() => lastStream().ended).toBe(ending);

  const whole: Script = { events: wholeStream(format, ['Hel', 'lo']), ending: 'end' };
  /** Begins, and never ends by itself. */
  const begun = {
    events: [...format.opening, format.text('Hel'), format.text('lo')],
    ending: 'stall',
  } as const satisfies Script;

  /** Pay-i's proxy holds one event back, because it adds its result to the last event. */
  const visible = begun.events.length - 1;

  /** Breaks out of the loop in the middle of {@link begun}. */
  async function leave({ answer, events }: Sent): Promise<object> {
    let seen = 0;
    for await (const _ of events ?? []) {
      seen += 1;
      if (seen === visible) break;
    }
    return answer;
  }

  /** The ways in which a stream may end early. */
  const endings: Record<string, { run(connection: Connection): Promise<unknown> }> = {
    'its reader breaks out of the loop': {
      run: async (connection) => leave(await open(connection, begun)),
    },
    'its reader throws': {
      run: async (connection) => {
        const mine = new Error('mine');
        const read = async (): Promise<void> => {
          let seen = 0;
          for await (const _ of (await open(connection, begun)).events ?? []) {
            seen += 1;
            if (seen === visible) throw mine;
          }
        };
        await expect(read()).rejects.toBe(mine);
      },
    },
    'its reader returns': {
      run: async (connection) => {
        const read = async (): Promise<string> => {
          let seen = 0;
          for await (const _ of (await open(connection, begun)).events ?? []) {
            seen += 1;
            if (seen === visible) return 'mine';
          }
          return 'read to the end';
        };
        expect(await read()).toBe('mine');
      },
    },
    'its caller aborts': {
      run: async (connection) => {
        const caller = new AbortController();
        let seen = 0;
        const { events } = await open(connection, begun, caller.signal);
        const read = async (): Promise<void> => {
          for await (const _ of events ?? []) {
            seen += 1;
            if (seen === visible) setTimeout(() => caller.abort());
          }
        };
        await read().catch(() => {});
      },
    },
    'it is cut off between two events': {
      run: async (connection) => {
        let seen = 0;
        const pace = async (index: number): Promise<void> => {
          if (index === begun.events.length) await expect.poll(() => seen).toBeGreaterThanOrEqual(visible);
        };
        const { events } = await open(connection, { ...begun, pace, ending: 'cut' });
        const read = async (): Promise<void> => {
          for await (const _ of events ?? []) seen += 1;
        };
        await read().catch(() => {});
      },
    },
  };
  const partial = Object.keys(endings).flatMap((ending) => routes.map((route) => ({ ending, route })));

  it.each(partial)('is partial when $ending, route $route', async ({ ending, route }) => {
    await endings[ending]?.run(stage.connect(route));
    const receipt = await stage.onlyReceipt();
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
      outcome: 'partial',
      units: format.earlyUnits,
      usageSource: Object.keys(format.earlyUnits).length > 0 ? 'stream' : 'none',
      httpStatus: 200,
      attempts: 1,
      timeToFirstTokenMs: expect.any(Number),
    });
    expect(receipt.warnings.length + Object.keys(receipt.properties).length).toBeGreaterThan(0);
    await ended(ending.startsWith('it is cut') ? 'cut' : 'aborted');
  });

  it.each(routes)('left early stops the server and the next call goes as ever, route %s', async (route) => {
    const connection = stage.connect(route);
    const answer = await leave(await open(connection, begun));
    const receipt = await whenSettled(answer);
    expect(receipt).toMatchObject({
      outcome: 'partial',
      warnings: ['the caller left the stream before its end'],
    });
    expect(await stage.onlyReceipt()).toBe(receipt);
    expect(receiptOf(answer)).toBe(receipt);
    await ended('aborted');
    expect(await whenSettled(await readAll(await open(connection, whole)))).toMatchObject({
      outcome: 'complete',
      units: format.units,
      warnings: [],
    });
  });

  it.each(routes)(
    'loses no counts when its reader leaves at the stop of the model, route %s',
    async (route) => {
      const timers = holdTimers(closingTimeMs);
      const { answer, events } = await open(stage.connect(route), whole);
      for await (const event of events ?? []) if (format.isStop(event)) break;
      const receipt = await whenSettled(answer);
      passAll(timers);
      expect(receipt).toMatchObject({ outcome: 'complete', units: format.units, warnings: [] });
      expect(receipt.properties).toEqual({ 'system.stop_reason': format.stopReason });
      if (route === 'proxy') expect(receipt.cost?.total).toBeGreaterThan(0);
      expect(await stage.onlyReceipt()).toBe(receipt);
    },
  );

  it.runIf(format.countsFollowStop)('does not wait for ever for counts that do not come', async () => {
    const timers = holdTimers(closingTimeMs);
    const events = [...begun.events, ...format.stop];
    const sent = await open(stage.connect('headers'), { events, ending: 'stall' });
    for await (const event of sent.events ?? []) if (format.isStop(event)) break;
    // The counts are still waited for.
    expect(receiptOf(sent.answer)).toBeUndefined();
    await expect
      .poll(() => {
        passAll(timers);
        return stage.receipts;
      })
      .toMatchObject([{ outcome: 'partial', properties: { 'system.stop_reason': format.stopReason } }]);
    await ended('aborted');
    passAll(timers);
  });

  it.each(routes)('is counted in full under onAbandon drain, route %s', async (route) => {
    const { answer, events } = await open(stage.connect(route, { onAbandon: 'drain' }), whole);
    for await (const _ of events ?? []) break;
    const receipt = await whenSettled(answer);
    expect(receipt).toMatchObject({ outcome: 'complete', units: format.units });
    expect(await stage.onlyReceipt()).toBe(receipt);
    await ended('complete');
  });

  it('is read on for as many events as onAbandon says, then closed', async () => {
    let hasLeft = false;
    const pace = async (index: number): Promise<void> => {
      if (index === begun.events.length) await expect.poll(() => hasLeft).toBe(true);
    };
    const more = Array.from({ length: 5 }, () => format.text('more'));
    const connection = stage.connect('headers', { onAbandon: { drainEvents: 5 } });
    const sent = await open(connection, { events: [...begun.events, ...more], pace, ending: 'stall' });
    const answer = await leave(sent);
    expect(receiptOf(answer)).toBeUndefined();
    expect(lastStream().ended).toBe('pending');
    hasLeft = true;
    expect(await whenSettled(answer)).toMatchObject({ outcome: 'partial' });
    await ended('aborted');
    expect(lastStream().eventsWritten).toBe(begun.events.length + more.length);
  });

  it('is read on for as long as onAbandon says, then closed', async () => {
    const drainMs = 54_321;
    const timers = holdTimers(drainMs);
    const answer = await leave(await open(stage.connect('headers', { onAbandon: { drainMs } }), begun));
    expect(receiptOf(answer)).toBeUndefined();
    expect(lastStream().ended).toBe('pending');
    expect(timers.count).toBe(1);
    timers.pass();
    expect(await whenSettled(answer)).toMatchObject({ outcome: 'partial' });
    await ended('aborted');
  });

  it.each(routes)(
    'that is left has an estimate of its output if it is asked for, route %s',
    async (route) => {
      const events = [...format.opening, format.text('four'.repeat(10)), format.text('')];
      const connection = stage.connect(route, { onAbandon: { estimate: true } });
      const receipt = await whenSettled(await leave(await open(connection, { events, ending: 'stall' })));
      const { text, ...counted } = format.earlyUnits;
      expect(receipt).toMatchObject({ outcome: 'partial', usageSource: 'estimate' });
      expect(receipt?.units).toEqual({ ...counted, text: { ...text, output: 10 } });
      expect(receipt?.warnings).toEqual([
        'the caller left the stream before its end',
        'the output is an estimate: one token for 4 characters of the text that came',
        ...(text === undefined ? ['the input is not known: the stream ended before it was counted'] : []),
      ]);
      await ended('aborted');
    },
  );

  it('with its counts has no estimate', async () => {
    const { answer, events } = await open(stage.connect('headers', { onAbandon: { estimate: true } }), whole);
    await readAll({ answer, events });
    const { units } = format;
    expect(await stage.onlyReceipt()).toMatchObject({ units, usageSource: 'stream', warnings: [] });
  });

  it.each(routes)('with an error event throws it as ever and is partial, route %s', async (route) => {
    const { event, thrown, failure } = format.error;
    const events = [...format.opening, format.text('Hel'), event];
    const { answer, events: read } = await open(stage.connect(route), { events, ending: 'end' });
    await expect(readAll({ answer, events: read })).rejects.toMatchObject(thrown);
    const receipt = await stage.onlyReceipt();
    expect(receipt).toMatchObject({
      outcome: 'partial',
      units: format.earlyUnits,
      properties: { 'system.failure': expect.stringMatching(failure) },
      warnings: [],
    });
    expect(receiptOf(answer)).toBe(receipt);
  });

  it('that nobody reads is settled when it is gone', async () => {
    await open(stage.connect('headers'), begun).then(() => {});
    await expect
      .poll(() => {
        collectGarbage();
        return stage.receipts.map(({ outcome }) => outcome);
      })
      .toEqual(['partial']);
    // The oldest AnthropicBedrock replaces the body, and cancelling its body waits for the next event.
    const waits = sdkAge === 'oldest' && surface.name.startsWith('AnthropicBedrock');
    if (!waits) await ended('aborted');
  });

  it('is not taken for gone while it is being read slowly', async () => {
    const pieces = Array.from({ length: 10 }, (_, index) => `piece ${index} `);
    const script: Script = { events: wholeStream(format, pieces), ending: 'end' };
    // The test holds only the iterator.
    const begin = async (): Promise<AsyncIterator<unknown> | undefined> =>
      (await open(stage.connect('headers'), script)).events?.[Symbol.asyncIterator]();
    const iterator = await begin();
    while ((await iterator?.next())?.done === false) {
      collectGarbage();
      await sleep(5);
    }
    expect(stage.receipts).toMatchObject([{ outcome: 'complete' }]);
  });

  it.each(routes)(
    'holds no event back, and its first content is the first token, route %s',
    async (route) => {
      const firstText = format.opening.length;
      const stop = firstText + 2;
      let seen = 0;
      const pace = async (index: number): Promise<void> => {
        // What follows the stop of the model may be hidden from the caller.
        if (index > stop) return;
        await expect.poll(() => seen).toBeGreaterThanOrEqual(index - (route === 'proxy' ? 1 : 0));
        if (index === firstText || index === stop) advanceClock(hourMs);
      };
      const { answer, events } = await open(stage.connect(route), { ...whole, pace });
      for await (const _ of events ?? []) seen += 1;
      const { timeToFirstTokenMs = 0, endToEndMs }: Receipt = await whenSettled(answer);
      expect(timeToFirstTokenMs).toBeGreaterThanOrEqual(hourMs);
      expect(endToEndMs - timeToFirstTokenMs).toBeGreaterThanOrEqual(hourMs);
    },
  );
});
