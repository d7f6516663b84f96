import { describe, expect, it } from 'vitest';
import {
  readChatUsage,
  readImageUsage,
  readResponseUsage,
  readSpeechUsage,
  readTranscriptionUsage,
} from './openai-usage.ts';
import { toUnits } from './usage.ts';

describe('readChatUsage()', () => {
  it('counts what is part of a sum once', () => {
    const usage = readChatUsage({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 40, audio_tokens: 5, image_tokens: 15, cache_write_tokens: 10 },
      completion_tokens_details: {
        reasoning_tokens: 20,
        audio_tokens: 10,
        accepted_prediction_tokens: 3,
        rejected_prediction_tokens: 2,
      },
    });
    expect(toUnits(usage)).toEqual({
      text: { input: 30, output: 20 },
      text_cache_read: { input: 40 },
      text_cache_write: { input: 10 },
      audio: { input: 5, output: 10 },
      vision: { input: 15 },
      reasoning: { output: 20 },
    });
  });

  it('reads embeddings, which have no output', () => {
    expect(readChatUsage({ prompt_tokens: 8, total_tokens: 8 })).toEqual({ input: 8 });
  });

  it.each([{}, { prompt_tokens: null }, { prompt_tokens_details: null, completion_tokens_details: null }])(
    'finds nothing in %j',
    (usage) => {
      expect(readChatUsage(usage)).toEqual({});
    },
  );
});

describe('readResponseUsage()', () => {
  it('counts caches and reasoning once', () => {
    const usage = readResponseUsage({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 20 },
    });
    expect(toUnits(usage)).toEqual({
      text: { input: 50, output: 30 },
      text_cache_read: { input: 40 },
      text_cache_write: { input: 10 },
      reasoning: { output: 20 },
    });
  });
});

describe('readImageUsage()', () => {
  it('tells images from text, on either side', () => {
    const usage = readImageUsage({
      input_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
      output_tokens: 1000,
      output_tokens_details: { text_tokens: 100, image_tokens: 900 },
    });
    expect(toUnits(usage)).toEqual({
      text: { input: 10, output: 100 },
      vision: { input: 40 },
      image: { output: 900 },
    });
  });

  it('takes all output for images where nothing else is said', () => {
    expect(readImageUsage({ input_tokens: 10, output_tokens: 1000 })).toEqual({
      input: 10,
      outputImage: 1000,
    });
  });
});

describe('readTranscriptionUsage()', () => {
  it('tells audio from text', () => {
    const usage = {
      type: 'tokens',
      input_tokens: 20,
      input_token_details: { audio_tokens: 14 },
      output_tokens: 9,
    };
    expect(readTranscriptionUsage(usage)).toEqual({ input: 6, output: 9, inputAudio: 14 });
  });

  it('knows no tokens of what is charged by the second', () => {
    expect(readTranscriptionUsage({ type: 'duration', seconds: 9 })).toEqual({});
  });
});

describe('readSpeechUsage()', () => {
  it('takes the output for audio', () => {
    expect(readSpeechUsage({ input_tokens: 14, output_tokens: 101 })).toEqual({
      input: 14,
      outputAudio: 101,
    });
  });
});
