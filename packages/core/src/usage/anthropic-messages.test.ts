import { describe, expect, it } from 'vitest';
import anthropicCache from './__fixtures__/anthropic-cache.json' with { type: 'json' };
import anthropicMessage from './__fixtures__/anthropic-message.json' with { type: 'json' };
import anthropicStream from './__fixtures__/anthropic-stream.json' with { type: 'json' };
import anthropicStreamBedrock from './__fixtures__/anthropic-stream-bedrock.json' with { type: 'json' };
import anthropicStreamToolUse from './__fixtures__/anthropic-stream-tool-use.json' with { type: 'json' };
import anthropicStreamWebSearch from './__fixtures__/anthropic-stream-web-search.json' with { type: 'json' };
import { readAnthropicEvent, readAnthropicMessage } from './anthropic-messages.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

const readStream = (events: readonly unknown[]): Reading =>
  events.map((event) => readAnthropicEvent(event)).reduce(mergeReadings, nothing);

describe('a chunk of a text completion', () => {
  it('is content, and the last one says why the model stopped', () => {
    expect(readAnthropicEvent({ type: 'completion', completion: ' Hi', stop_reason: null })).toEqual({
      hasContent: true,
    });
    expect(
      readAnthropicEvent({
        type: 'completion',
        completion: '',
        stop_reason: 'stop_sequence',
        stop: '\n\nHuman:',
      }),
    ).toEqual({ properties: { 'system.stop_reason': 'stop_sequence' } });
  });
});

describe('readAnthropicMessage()', () => {
  it('reads tokens, id and stop reason', () => {
    expect(readAnthropicMessage(anthropicMessage.body)).toEqual({
      units: { text: { input: 10, output: 25 } },
      providerResponseId: 'msg_bdrk_01',
      properties: { 'system.stop_reason': 'end_turn' },
    });
  });

  it('keeps cache writes of both lifetimes and cache reads apart from the input', () => {
    expect(readAnthropicMessage(anthropicCache.body).units).toEqual({
      text: { input: 2048, output: 503 },
      text_cache_write: { input: 148 },
      text_cache_write_1h: { input: 100 },
      text_cache_read: { input: 1800 },
    });
  });

  it.each([
    ['no split', { cache_creation_input_tokens: 248 }, { text_cache_write: { input: 248 } }],
    [
      'a null split',
      { cache_creation_input_tokens: 248, cache_creation: null },
      { text_cache_write: { input: 248 } },
    ],
    [
      'a split that leaves something',
      { cache_creation_input_tokens: 248, cache_creation: { ephemeral_1h_input_tokens: 100 } },
      { text_cache_write: { input: 148 }, text_cache_write_1h: { input: 100 } },
    ],
    [
      'a split without a sum',
      { cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 } },
      { text_cache_write: { input: 3 }, text_cache_write_1h: { input: 4 } },
    ],
    ['caches that were not used', { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }, undefined],
  ])('counts cache writes once with %s', (_case, usage, units) => {
    expect(readAnthropicMessage({ usage }).units).toEqual(units);
  });

  it('leaves out what is null, and keeps a zero of text', () => {
    const usage = {
      input_tokens: null,
      output_tokens: 0,
      cache_read_input_tokens: null,
      server_tool_use: null,
    };
    expect(readAnthropicMessage({ usage }).units).toEqual({ text: { output: 0 } });
  });

  it('names the tools that were called, with input or without', () => {
    const content = [
      { type: 'text', text: 'Okay' },
      { type: 'tool_use', name: 'get_weather', input: {} },
      { type: 'server_tool_use', name: 'web_search', input: { query: 'secret' } },
    ];
    expect(readAnthropicMessage({ content })).toEqual({ toolCalls: ['get_weather', 'web_search'] });
  });
});

describe('readAnthropicEvent()', () => {
  it('reads a stream to its end', () => {
    expect(readStream(anthropicStream.body)).toEqual({
      units: { text: { input: 25, output: 15 } },
      providerResponseId: 'msg_1',
      properties: { 'system.stop_reason': 'end_turn' },
      hasContent: true,
      isLast: true,
    });
  });

  it('sees the first content in the first delta, not in message_start', () => {
    const hasContent = anthropicStream.body.map((event) => readAnthropicEvent(event).hasContent ?? false);
    expect(hasContent).toEqual([false, false, false, true, false, false, false]);
  });

  it('sees the end in message_stop alone', () => {
    const isLast = anthropicStream.body.map((event) => readAnthropicEvent(event).isLast ?? false);
    expect(isLast).toEqual([false, false, false, false, false, false, true]);
  });

  it('names a tool once, when its block starts', () => {
    expect(readStream(anthropicStreamToolUse.body)).toMatchObject({
      units: { text: { input: 472, output: 89 } },
      toolCalls: ['get_weather'],
      properties: { 'system.stop_reason': 'tool_use' },
    });
  });

  it('takes the input of message_delta in place of that of message_start, and counts web searches', () => {
    expect(readStream(anthropicStreamWebSearch.body).units).toEqual({
      text: { input: 10682, output: 510 },
      web_search_request: { output: 1 },
    });
  });

  it('revises caches that message_delta names, and keeps their lifetimes apart', () => {
    const cached = (usage: object): unknown => ({ type: 'message_start', message: { usage } });
    const units = readStream([
      cached({
        input_tokens: 5,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 80 },
      }),
      {
        type: 'message_delta',
        usage: { cache_read_input_tokens: 30, cache_creation_input_tokens: 110, output_tokens: 7 },
      },
    ]).units;
    expect(units).toEqual({
      text: { input: 5, output: 7 },
      text_cache_read: { input: 30 },
      text_cache_write: { input: 30 },
      text_cache_write_1h: { input: 80 },
    });
  });

  it("reads Bedrock's metrics on message_stop", () => {
    expect(readAnthropicEvent(anthropicStreamBedrock.body.at(-1))).toEqual({
      alsoCounted: {
        source: 'metrics',
        complete: expect.any(Function),
        units: { text: { input: 15, output: 4 } },
      },
      isLast: true,
    });
  });

  it('says nothing about events it does not know', () => {
    expect(readAnthropicEvent({ type: 'ping' })).toBe(nothing);
    expect(readAnthropicEvent({ type: 'error', error: { type: 'overloaded_error' } })).toBe(nothing);
    expect(readAnthropicEvent(null)).toBe(nothing);
  });
});
