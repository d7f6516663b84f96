import { describe, expect, it } from 'vitest';
import openaiResponse from './__fixtures__/openai-response.json' with { type: 'json' };
import openaiResponseFailed from './__fixtures__/openai-response-failed.json' with { type: 'json' };
import openaiResponseIncomplete from './__fixtures__/openai-response-incomplete.json' with { type: 'json' };
import openaiResponseStream from './__fixtures__/openai-response-stream.json' with { type: 'json' };
import { readOpenAIResponse, readOpenAIResponseEvent } from './openai-responses.ts';
import { mergeReadings, nothing } from './reading.ts';

describe('readOpenAIResponse()', () => {
  it('reads tokens, id, stop reason, and tools of both kinds', () => {
    expect(readOpenAIResponse(openaiResponse.body)).toEqual({
      units: {
        text: { input: 200, output: 40 },
        text_cache_read: { input: 128 },
        reasoning: { output: 12 },
        web_search_request: { output: 1 },
      },
      total: 380,
      providerResponseId: 'resp_1',
      properties: { 'system.stop_reason': 'completed' },
      toolCalls: ['web_search', 'get_current_weather'],
    });
  });
});

describe('readOpenAIResponse() with hosted tools', () => {
  const usage = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };
  const output = [
    { type: 'web_search_call', id: 'ws_1', action: { type: 'search' } },
    { type: 'web_search_call', id: 'ws_2', action: { type: 'open_page' } },
    { type: 'file_search_call', id: 'fs_1' },
    { type: 'file_search_call', id: 'fs_2' },
    { type: 'code_interpreter_call', id: 'ci_1' },
    { type: 'image_generation_call', id: 'ig_1' },
  ];

  it('counts each call that is billed, and the pictures beside the tokens of the model', () => {
    const tool_usage = {
      web_search: { num_requests: 3 },
      image_gen: { input_tokens: 40, output_tokens: 1056, total_tokens: 1096 },
    };
    const counted = {
      file_search_calls: 2,
      code_interpreter_calls: 1,
      image_generation_calls: 1,
    };
    expect(readOpenAIResponse({ usage, output })).toMatchObject({
      units: { text: { input: 100, output: 20 }, web_search_request: { output: 1 } },
      total: 120,
      billable: counted,
    });
    expect(readOpenAIResponse({ usage, output, tool_usage })).toMatchObject({
      units: {
        text: { input: 100, output: 20 },
        image: { output: 1056 },
        web_search_request: { output: 3 },
      },
      total: 1176,
      billable: { ...counted, image_generation_input_tokens: 40 },
    });
    const { units } = readOpenAIResponse({ usage, output, tool_usage: { web_search: { num_requests: 0 } } });
    expect(units).toEqual({ text: { input: 100, output: 20 } });
  });

  it('reads what xAI states of its tools and of the price', () => {
    const stated = {
      ...usage,
      cost_in_usd_ticks: 318_319_000,
      server_side_tool_usage_details: { web_search_calls: 2, x_search_calls: 3 },
    };
    expect(readOpenAIResponse({ model: 'grok-4', usage: stated })).toEqual({
      model: 'grok-4',
      units: { text: { input: 100, output: 20 }, web_search_request: { output: 2 } },
      total: 120,
      billable: { x_search_calls: 3 },
      providerCost: 0.0318319,
    });
  });

  it('counts the calls of a stream at its end, once', () => {
    const response = {
      id: 'resp_1',
      model: 'gpt-5',
      status: 'completed',
      service_tier: 'flex',
      output,
      usage,
    };
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress', usage: null } },
      ...output.map((item) => ({ type: 'response.output_item.done', item })),
      { type: 'response.completed', response },
    ];
    expect(events.map(readOpenAIResponseEvent).reduce(mergeReadings, nothing)).toMatchObject({
      model: 'gpt-5',
      serviceTier: 'flex',
      units: { text: { input: 100, output: 20 }, web_search_request: { output: 1 } },
      billable: { file_search_calls: 2, code_interpreter_calls: 1, image_generation_calls: 1 },
      toolCalls: [
        'web_search',
        'web_search',
        'file_search',
        'file_search',
        'code_interpreter',
        'image_generation',
      ],
    });
  });
});

describe('readOpenAIResponseEvent()', () => {
  it('reads a stream to its end, and names its tools once', () => {
    const readings = openaiResponseStream.body.map((event) => readOpenAIResponseEvent(event));
    expect(readings.reduce(mergeReadings, nothing)).toEqual({
      units: { text: { input: 37, output: 11 } },
      total: 48,
      providerResponseId: 'resp_1',
      properties: { 'system.stop_reason': 'completed' },
      toolCalls: ['get_current_weather'],
      hasContent: true,
      isLast: true,
    });
    expect(readings.map((reading) => reading.hasContent ?? false)).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('reads a response that was cut off', () => {
    expect(readOpenAIResponseEvent(openaiResponseIncomplete.body)).toEqual({
      units: { text: { input: 36, output: 16 } },
      total: 52,
      providerResponseId: 'resp_1',
      properties: { 'system.stop_reason': 'max_output_tokens' },
      isLast: true,
    });
  });

  it('reads a response that failed: the code, not the message', () => {
    expect(readOpenAIResponseEvent(openaiResponseFailed.body)).toEqual({
      providerResponseId: 'resp_1',
      properties: { 'system.stop_reason': 'failed', 'system.failure': 'server_error' },
      isLast: true,
    });
  });
});
