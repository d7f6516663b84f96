import { describe, expect, it } from 'vitest';
import type { Reading } from '../usage/reading.ts';
import { OutputEstimate } from './output-estimate.ts';

const events: Record<string, readonly [event: object, characters: number]> = {
  'chat: text': [{ choices: [{ index: 0, delta: { role: 'assistant', content: 'hello' } }] }, 5],
  'chat: reasoning': [{ choices: [{ delta: { reasoning_content: 'think' } }] }, 5],
  'chat: a refusal': [{ choices: [{ delta: { refusal: 'never' } }] }, 5],
  'chat: arguments, not the name of the tool': [
    {
      choices: [
        {
          delta: { tool_calls: [{ index: 0, id: 'call_1', function: { name: 'tool', arguments: '{"a"' } }] },
        },
      ],
    },
    4,
  ],
  'chat: the words of speech, not its sound': [
    { choices: [{ delta: { audio: { id: 'audio_1', data: 'UklGRg==', transcript: 'hi' } } }] },
    2,
  ],
  completions: [{ object: 'text_completion', choices: [{ text: 'hello' }] }, 5],
  'responses: text': [{ type: 'response.output_text.delta', item_id: 'msg_1', delta: 'hello' }, 5],
  'responses: arguments': [{ type: 'response.function_call_arguments.delta', delta: '{"a":1}' }, 7],
  'responses: sound': [{ type: 'response.output_audio.delta', delta: 'UklGRg==' }, 0],
  'responses: the words of sound': [{ type: 'response.output_audio_transcript.delta', delta: 'hi' }, 2],
  'responses: text that came before': [{ type: 'response.output_text.done', text: 'hello' }, 0],
  'responses: an item that came before': [
    { type: 'response.output_item.done', item: { type: 'message', content: [{ text: 'hello' }] } },
    0,
  ],
  'a transcription': [{ type: 'transcript.text.delta', delta: 'hello' }, 5],
  'Anthropic: text': [{ type: 'content_block_delta', delta: { type: 'text_delta', text: 'hello' } }, 5],
  'Anthropic: thinking': [
    { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'hm' } },
    2,
  ],
  'Anthropic: a signature': [{ type: 'content_block_delta', delta: { signature: 'EqQBCgIYAg' } }, 0],
  'Anthropic: arguments': [{ type: 'content_block_delta', delta: { partial_json: '{"a"' } }, 4],
  'Anthropic: the stop': [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, 0],
  'Converse: text': [{ contentBlockDelta: { delta: { text: 'hello' } } }, 5],
  'Converse: thinking': [{ contentBlockDelta: { delta: { reasoningContent: { text: 'hm' } } } }, 2],
  'Converse: arguments': [{ contentBlockDelta: { delta: { toolUse: { input: '{"a"' } } } }, 4],
  Llama: [{ generation: 'hello', prompt_token_count: null, stop_reason: null }, 5],
  Titan: [{ outputText: 'hello', index: 0 }, 5],
  'Mistral text': [{ outputs: [{ text: 'hello', stop_reason: null }] }, 5],
  'Gemini: text': [{ candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] } }] }, 5],
  'Gemini: arguments': [
    { candidates: [{ content: { parts: [{ functionCall: { name: 'tool', args: { a: 1 } } }] } }] },
    7,
  ],
  'Gemini: a picture': [
    { candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] } }] },
    0,
  ],
};

function estimateOf(...pieces: readonly unknown[]): OutputEstimate {
  const estimate = new OutputEstimate();
  for (const piece of pieces) estimate.piece(piece);
  return estimate;
}

const text = (length: number): object => ({ choices: [{ delta: { content: 'x'.repeat(length) } }] });

describe('OutputEstimate', () => {
  it.each(Object.entries(events))('counts what the model wrote: %s', (_, [event, characters]) => {
    const { units } = estimateOf(event, event, event, event).complete({})?.reading ?? {};
    expect(units?.text?.output ?? 0).toBe(characters);
  });

  it('takes events parsed, as server-sent events and as UTF-8, and ignores what is no JSON', () => {
    const json = JSON.stringify(text(4));
    const sent = `event: x\ndata: ${json}\n\ndata: ${json}\n\ndata: [DONE]\n\n`;
    const estimate = estimateOf(text(1), sent, new TextEncoder().encode(json), null);
    expect(estimate.complete({})?.reading.units).toEqual({ text: { output: 4 } });
  });

  it('keeps the input as it was counted, and what is not counted in tokens', () => {
    const units = { text: { input: 12 }, text_cache_read: { input: 5 }, web_search_request: { output: 2 } };
    expect(estimateOf(text(41)).complete({ units, model: 'm' })).toEqual({
      reading: { model: 'm', units: { ...units, text: { input: 12, output: 11 } } },
      warnings: ['the output is an estimate: one token for 4 characters of the text that came'],
    });
  });

  const start = { type: 'message_start', message: { usage: { input_tokens: 12, output_tokens: 8 } } };
  const first: Reading = { units: { text: { input: 12, output: 8 } } };
  const claude = (characters: number): object => ({
    type: 'content_block_delta',
    delta: { type: 'text_delta', text: 'x'.repeat(characters) },
  });

  it('takes the place of the first count of a message of Claude', () => {
    const { reading } = estimateOf(start, claude(40)).complete(first) ?? {};
    expect(reading?.units).toEqual({ text: { input: 12, output: 10 } });
  });

  it.each<[string, OutputEstimate, Reading]>([
    ['less came than the first count of a message of Claude', estimateOf(start, claude(8)), first],
    [
      'the last count of a message of Claude came',
      estimateOf(start, claude(40), { type: 'message_delta', usage: { output_tokens: 8 } }),
      first,
    ],
    ['nothing came', estimateOf(), {}],
    ['output was counted', estimateOf(text(400)), { units: { text: { input: 3, output: 2 } } }],
    ['reasoning was counted', estimateOf(text(400)), { units: { reasoning: { output: 2 } } }],
  ])('is none when %s', (_, estimate, reading) => {
    expect(estimate.complete(reading)).toBeUndefined();
  });
});
