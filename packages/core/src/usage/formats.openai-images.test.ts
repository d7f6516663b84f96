import { describe, expect, it } from 'vitest';
import openaiImages from './__fixtures__/openai-images.json' with { type: 'json' };
import { readOpenAIImages } from './readers.ts';

describe('readOpenAIImages()', () => {
  it('counts text, images given and images made', () => {
    expect(readOpenAIImages(openaiImages.body)).toEqual({
      units: { text: { input: 10 }, vision: { input: 40 }, image: { output: 50 } },
      total: 100,
    });
  });

  it('counts text among the output where the body tells it apart', () => {
    const usage = { output_tokens: 60, output_tokens_details: { image_tokens: 50, text_tokens: 10 } };
    expect(readOpenAIImages({ usage })).toEqual({ units: { text: { output: 10 }, image: { output: 50 } } });
  });

  it('knows number, size and quality of pictures without usage', () => {
    expect(readOpenAIImages({ created: 1, images: 2, size: '1024x1024', quality: 'high' })).toEqual({
      billable: { images: 2 },
      properties: { 'system.size': '1024x1024', 'system.quality': 'high' },
    });
    expect(readOpenAIImages({ created: 1, data: [{ url: 'https://example.com' }] })).toEqual({});
  });
});
