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
      units: { text: { input: 200, output: 40 }, text_cache_read: { input: 128 }, reasoning: { output: 12 } },
      providerResponseId: 'resp_1',
      properties: { 'system.stop_reason': 'completed' },
      toolCalls: ['web_search', 'get_current_weather'],
    });
  });
});

describe('readOpenAIResponseEvent()', () => {
  it('reads a stream to its end, and names its tools once', () => {
    const readings = openaiResponseStream.body.map((event) => readOpenAIResponseEvent(event));
    expect(readings.reduce(mergeReadings, nothing)).toEqual({
      units: { text: { input: 37, output: 11 } },
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
