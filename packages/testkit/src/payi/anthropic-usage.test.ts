import { describe, expect, it } from 'vitest';
import { readAnthropicUsage } from './anthropic-usage.ts';
import { toUnits, type Usage } from './usage.ts';

describe('readAnthropicUsage()', () => {
  it('keeps caches of both lifetimes and web searches apart', () => {
    const usage = readAnthropicUsage({
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 300,
        cache_creation_input_tokens: 60,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 40 },
        server_tool_use: { web_search_requests: 2 },
      },
    });
    expect(toUnits(usage)).toEqual({
      text: { input: 10, output: 5 },
      text_cache_read: { input: 300 },
      text_cache_write: { input: 20 },
      text_cache_write_1h: { input: 40 },
      web_search_request: { output: 2 },
    });
  });

  it('reads members that are null as not said', () => {
    expect(
      readAnthropicUsage({
        usage: {
          input_tokens: 10,
          output_tokens: 5,
          cache_creation: null,
          cache_creation_input_tokens: null,
          cache_read_input_tokens: null,
          server_tool_use: null,
        },
      }),
    ).toEqual({ input: 10, output: 5 });
  });

  it('does not count cache writes twice when message_delta repeats their sum', () => {
    const events = [
      {
        type: 'message_start',
        message: {
          usage: {
            input_tokens: 10,
            output_tokens: 1,
            cache_creation_input_tokens: 60,
            cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 40 },
          },
        },
      },
      { type: 'content_block_delta', delta: { text: 'hi' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: {
          input_tokens: 10,
          output_tokens: 7,
          cache_creation_input_tokens: 60,
          cache_read_input_tokens: 0,
        },
      },
      { type: 'message_stop' },
    ];
    expect(events.reduce<Usage>((usage, event) => readAnthropicUsage(event, usage), {})).toEqual({
      input: 10,
      output: 7,
      cacheRead: 0,
      cacheWrite: 20,
      cacheWrite1h: 40,
    });
  });

  it.each([null, undefined, 'text', {}, { usage: null }])('finds nothing in %j', (body) => {
    expect(readAnthropicUsage(body)).toEqual({});
  });
});
