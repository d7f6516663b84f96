import { describe, expect, it } from 'vitest';
import openaiChat from './__fixtures__/openai-chat.json' with { type: 'json' };
import openaiChatDetails from './__fixtures__/openai-chat-details.json' with { type: 'json' };
import openaiChatStream from './__fixtures__/openai-chat-stream.json' with { type: 'json' };
import openaiChatToolCall from './__fixtures__/openai-chat-tool-call.json' with { type: 'json' };
import openaiCompletion from './__fixtures__/openai-completion.json' with { type: 'json' };
import openaiEmbeddings from './__fixtures__/openai-embeddings.json' with { type: 'json' };
import { readOpenAIChat, readOpenAIEmbeddings } from './readers.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

const readStream = (chunks: readonly unknown[]): Reading =>
  chunks.map((chunk) => readOpenAIChat(chunk)).reduce(mergeReadings, nothing);

describe('readOpenAIChat()', () => {
  it('reads tokens, id and stop reason; details of zero make no units', () => {
    expect(readOpenAIChat(openaiChat.body)).toEqual({
      units: { text: { input: 19, output: 10 } },
      total: 29,
      model: 'gpt-5.4',
      providerResponseId: 'chatcmpl-1',
      properties: { 'system.stop_reason': 'stop' },
    });
  });

  it('counts every token once: caches, audio, images and reasoning leave the text', () => {
    expect(readOpenAIChat(openaiChatDetails.body).units).toEqual({
      text: { input: 70, output: 40 },
      text_cache_read: { input: 40 },
      text_cache_write: { input: 20 },
      vision: { input: 10 },
      audio: { input: 60, output: 30 },
      reasoning: { output: 20 },
    });
  });

  it('takes null details as unknown', () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 4,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    };
    expect(readOpenAIChat({ usage }).units).toEqual({ text: { input: 3, output: 4 } });
  });

  it('never falls below zero when details exceed the sum', () => {
    const usage = { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 5 } };
    expect(readOpenAIChat({ usage }).units).toEqual({ text: { input: 0 }, text_cache_read: { input: 5 } });
  });

  it('names tool calls, and the retired function call', () => {
    expect(readOpenAIChat(openaiChatToolCall.body).toolCalls).toEqual(['get_current_weather']);
    const message = { function_call: { name: 'get_time', arguments: '{}' } };
    expect(readOpenAIChat({ choices: [{ message }] }).toolCalls).toEqual(['get_time']);
  });

  it('reads an older completion', () => {
    expect(readOpenAIChat(openaiCompletion.body)).toEqual({
      units: { text: { input: 5, output: 7 } },
      total: 12,
      providerResponseId: 'cmpl-1',
      properties: { 'system.stop_reason': 'length' },
      hasContent: true,
    });
  });

  it('reads embeddings, which have no output', () => {
    const model = 'text-embedding-3-small';
    expect(readOpenAIEmbeddings(openaiEmbeddings.body)).toEqual({ model, units: { text: { input: 8 } } });
    expect(readOpenAIEmbeddings({ usage: { total_tokens: 8 } })).toEqual({ units: { text: { input: 8 } } });
  });
});

describe('readOpenAIChat() of a chunk', () => {
  it('reads a stream to its end', () => {
    expect(readStream(openaiChatStream.body)).toEqual({
      units: { text: { input: 50, output: 17 }, text_cache_read: { input: 32 } },
      total: 99,
      toolKeys: ['0 call_1 '],
      providerResponseId: 'chatcmpl-1',
      properties: { 'system.stop_reason': 'tool_calls' },
      toolCalls: ['get_current_weather'],
      hasContent: true,
      isLast: true,
    });
  });

  it('sees no content in the role, and no end in the finish reason', () => {
    const readings = openaiChatStream.body.map((chunk) => readOpenAIChat(chunk));
    expect(readings.map((reading) => reading.hasContent ?? false)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(readings.map((reading) => reading.isLast ?? false)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it("does not take Azure's first chunk for the last", () => {
    expect(readOpenAIChat({ choices: [], prompt_filter_results: [], usage: null })).toEqual({});
  });
});
