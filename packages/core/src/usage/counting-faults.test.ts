import { describe, expect, it } from 'vitest';
import anthropicCache from './__fixtures__/anthropic-cache.json' with { type: 'json' };
import converseCacheDetails from './__fixtures__/converse-cache-details.json' with { type: 'json' };
import converseGuardrail from './__fixtures__/converse-guardrail.json' with { type: 'json' };
import invokeModelGuardrail from './__fixtures__/invoke-model-guardrail.json' with { type: 'json' };
import llama from './__fixtures__/llama.json' with { type: 'json' };
import nova from './__fixtures__/nova.json' with { type: 'json' };
import openaiChatDetails from './__fixtures__/openai-chat-details.json' with { type: 'json' };
import openaiChatToolCall from './__fixtures__/openai-chat-tool-call.json' with { type: 'json' };
import titanEmbeddingsV2 from './__fixtures__/titan-embeddings-v2.json' with { type: 'json' };
import { readAnthropicEvent, readAnthropicMessage } from './anthropic-messages.ts';
import { readBedrockBody } from './bedrock-body.ts';
import { readConverse } from './converse.ts';
import { readGuardrail } from './guardrail.ts';
import { familyOf } from './model-family.ts';
import { readOpenAIChat } from './readers.ts';
import { mergeReadings, nothing } from './reading.ts';

/** What instrumentations of the same services have got wrong, each a way to a wrong bill. */
describe('known faults of counting', () => {
  it('a message that is iterated and then asked for whole counts once', () => {
    const usage = anthropicCache.body.usage;
    const events = [
      { type: 'message_start', message: { id: 'msg_1', usage: { ...usage, output_tokens: 1 } } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 503 } },
      { type: 'message_stop' },
    ];
    const streamed = events.map((event) => readAnthropicEvent(event)).reduce(mergeReadings, nothing);
    const whole = readAnthropicMessage(anthropicCache.body);
    expect(streamed.units).toEqual(whole.units);
    expect(mergeReadings(streamed, whole).units).toEqual(whole.units);
  });

  it('input that message_delta repeats counts once, with images or without', () => {
    const events = [
      { type: 'message_start', message: { usage: { input_tokens: 1000, output_tokens: 1 } } },
      { type: 'message_delta', usage: { input_tokens: 1000, output_tokens: 20 } },
    ];
    expect(events.map((event) => readAnthropicEvent(event)).reduce(mergeReadings, nothing).units).toEqual({
      text: { input: 1000, output: 20 },
    });
  });

  it('tokens of images are estimated nowhere: without a count of their own they are text', () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 20 };
    expect(readOpenAIChat({ usage }).units).toEqual({ text: { input: 1000, output: 20 } });
  });

  it('cache units of Nova have a direction', () => {
    expect(readBedrockBody(nova.body, 'nova').units).toMatchObject({
      text_cache_read: { input: 30 },
      text_cache_write: { input: 12 },
    });
  });

  it('Converse counts cache reads and writes', () => {
    expect(readConverse(converseCacheDetails.body).units).toMatchObject({
      text_cache_read: { input: 17 },
      text_cache_write: { input: 19 },
      text_cache_write_1h: { input: 23 },
    });
  });

  it('output assessments count, and several guardrails add up', () => {
    expect(readConverse(converseGuardrail.body).units?.guardrail_topic).toEqual({ input: 1 + 2 });
    expect(readGuardrail(invokeModelGuardrail.body).units?.guardrail_topic).toEqual({ input: 1 + 4 + 10 });
  });

  it('region prefixes, Titan v2 and ARNs of application profiles are counted', () => {
    expect(familyOf('us.openai.gpt-oss-120b-1:0')).toBe('openai');
    expect(readBedrockBody(titanEmbeddingsV2.body, familyOf('amazon.titan-embed-text-v2:0')).units).toEqual({
      text: { input: 7 },
    });
    const opaque = familyOf('arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123');
    expect(readBedrockBody(llama.body, opaque).units).toEqual({ text: { input: 18, output: 54 } });
    expect(readBedrockBody(anthropicCache.body, opaque).units?.text_cache_write_1h).toEqual({ input: 100 });
  });

  it.each([199_999, 200_000, 200_001])('%i tokens of input keep the names of their units', (input_tokens) => {
    const usage = { input_tokens, output_tokens: 1, cache_read_input_tokens: 5 };
    expect(readAnthropicMessage({ usage }).units).toEqual({
      text: { input: input_tokens, output: 1 },
      text_cache_read: { input: 5 },
    });
  });

  it('audio tokens leave the text', () => {
    expect(readOpenAIChat(openaiChatDetails.body).units?.audio).toEqual({ input: 60, output: 30 });
  });

  it('usage on every chunk counts up, and the last one holds', () => {
    const chunk = (completion_tokens: number): unknown => ({
      choices: [{ index: 0, delta: { content: 'x' } }],
      usage: { prompt_tokens: 5, completion_tokens },
    });
    const readings = [chunk(1), chunk(2), chunk(3)].map((value) => readOpenAIChat(value));
    expect(readings.reduce(mergeReadings, nothing)).toEqual({
      units: { text: { input: 5, output: 3 } },
      hasContent: true,
    });
  });

  it('details that are null or missing do not throw', () => {
    for (const details of [null, undefined, 0, 'none', []]) {
      const usage = { prompt_tokens: 1, prompt_tokens_details: details, cache_creation: details };
      expect(readOpenAIChat({ usage }).units).toEqual({ text: { input: 1 } });
      expect(
        readAnthropicMessage({ usage: { ...usage, input_tokens: 2, server_tool_use: details } }).units,
      ).toEqual({
        text: { input: 2 },
      });
    }
  });

  it('tool calls of a chat are named', () => {
    expect(readOpenAIChat(openaiChatToolCall.body).toolCalls).toEqual(['get_current_weather']);
  });

  it('a tool call at index 0, without arguments, is named', () => {
    const block = { type: 'tool_use', id: 'toolu_1', name: 'get_time', input: {} };
    expect(
      readAnthropicEvent({ type: 'content_block_start', index: 0, content_block: block }).toolCalls,
    ).toEqual(['get_time']);
    expect(readAnthropicMessage({ content: [block] }).toolCalls).toEqual(['get_time']);
  });
});
