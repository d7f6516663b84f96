import { describe, expect, it } from 'vitest';
import { readOpenAITranscript } from './readers.ts';

describe('readOpenAITranscript()', () => {
  it('counts audio and the text that is not audio', () => {
    const usage = {
      type: 'tokens',
      input_tokens: 14,
      input_token_details: { text_tokens: 4, audio_tokens: 10 },
      output_tokens: 45,
    };
    expect(readOpenAITranscript({ text: 'Hello', usage })).toEqual({
      units: { text: { input: 4, output: 45 }, audio: { input: 10 } },
    });
  });

  it('reads the seconds of a model that is billed by the minute', () => {
    const billable = { audio_seconds: 7 };
    expect(readOpenAITranscript({ text: 'Hello', usage: { type: 'duration', seconds: 7 } })).toEqual({
      billable,
    });
    expect(readOpenAITranscript({ text: 'Hello', duration: '7.0' })).toEqual({ billable });
    const usage = { input_tokens: 14, output_tokens: 45 };
    expect(readOpenAITranscript({ duration: 7, usage })).toEqual({
      units: { text: { input: 14, output: 45 } },
    });
  });
});
