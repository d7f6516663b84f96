import { describe, expect, it } from 'vitest';
import converse from './__fixtures__/converse.json' with { type: 'json' };
import converseCacheDetails from './__fixtures__/converse-cache-details.json' with { type: 'json' };
import converseCacheWrite from './__fixtures__/converse-cache-write.json' with { type: 'json' };
import converseStream from './__fixtures__/converse-stream.json' with { type: 'json' };
import converseStreamToolUse from './__fixtures__/converse-stream-tool-use.json' with { type: 'json' };
import converseToolUse from './__fixtures__/converse-tool-use.json' with { type: 'json' };
import { readConverse, readConverseEvent } from './converse.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

const readStream = (events: readonly unknown[]): Reading =>
  events.map((event) => readConverseEvent(event)).reduce(mergeReadings, nothing);

describe('readConverse()', () => {
  it('reads tokens and stop reason', () => {
    expect(readConverse(converse.body)).toEqual({
      total: 658,
      units: { text: { input: 30, output: 628 } },
      properties: { 'system.stop_reason': 'end_turn' },
    });
  });

  it('takes inputTokens as exclusive of the caches: the four counters make the total', () => {
    const { totalTokens } = converseCacheWrite.body.usage;
    const { units } = readConverse(converseCacheWrite.body);
    expect(units).toEqual({ text: { input: 3, output: 401 }, text_cache_write: { input: 1789 } });
    expect(3 + 401 + 1789).toBe(totalTokens);
  });

  it('splits cache writes by lifetime', () => {
    expect(readConverse(converseCacheDetails.body).units).toEqual({
      text: { input: 7, output: 11 },
      text_cache_read: { input: 17 },
      text_cache_write: { input: 19 },
      text_cache_write_1h: { input: 23 },
    });
  });

  it('adds up several entries of one lifetime; what no entry claims has the default one', () => {
    const cacheDetails = [
      { ttl: '1h', inputTokens: 150 },
      { ttl: '5m', inputTokens: 600 },
      { ttl: '1h', inputTokens: 250 },
    ];
    expect(readConverse({ usage: { cacheWriteInputTokens: 1100, cacheDetails } }).units).toEqual({
      text_cache_write: { input: 700 },
      text_cache_write_1h: { input: 400 },
    });
  });

  it('names the tools that were called', () => {
    expect(readConverse(converseToolUse.body).toolCalls).toEqual(['top_song']);
  });
});

describe('readConverseEvent()', () => {
  it('reads a stream to its end', () => {
    expect(readStream(converseStream.body)).toEqual({
      total: 67,
      units: { text: { input: 47, output: 20 } },
      properties: { 'system.stop_reason': 'max_tokens' },
      hasContent: true,
      isLast: true,
    });
  });

  it('sees the end in metadata, not in messageStop, because the counts come after it', () => {
    const isLast = converseStream.body.map((event) => readConverseEvent(event).isLast ?? false);
    expect(isLast).toEqual([false, false, false, false, true]);
  });

  it('reads cache tokens of metadata, split by lifetime', () => {
    expect(readConverseEvent({ metadata: converseCacheDetails.body }).units).toEqual({
      text: { input: 7, output: 11 },
      text_cache_read: { input: 17 },
      text_cache_write: { input: 19 },
      text_cache_write_1h: { input: 23 },
    });
  });

  it('names a tool once, and sees content in its start', () => {
    expect(readStream(converseStreamToolUse.body).toolCalls).toEqual(['top_song']);
    const hasContent = converseStreamToolUse.body.map(
      (event) => readConverseEvent(event).hasContent ?? false,
    );
    expect(hasContent).toEqual([false, true, true, false, false, false]);
  });

  it('says nothing about members it does not know', () => {
    expect(readConverseEvent({ $unknown: ['xproxyResult', {}] })).toBe(nothing);
    expect(readConverseEvent({ messageStart: { role: 'assistant' } })).toBe(nothing);
  });
});
