import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { pricedCategories, pricedModels, priceUnits, type Units } from './price.ts';

/** The price list's own name of each category's provider. */
const providers: Readonly<Record<string, string>> = {
  'system.anthropic': 'anthropic',
  'system.aws.bedrock': 'aws',
  'system.azure': 'azure',
  'system.azureopenai': 'azure',
  'system.google.vertex': 'google',
  'system.openai': 'openai',
};

/** Counts as the list has them: they overlap, and those of a kind hold those of all kinds below it. */
function usageOf(units: Units): Record<string, number> {
  const input = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (units[name]?.input ?? 0), 0);
  const output = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (units[name]?.output ?? 0), 0);
  const read = ['text_cache_read', 'audio_cache_read', 'vision_cache_read', 'video_cache_read'];
  const written = ['text_cache_write', 'text_cache_write_1h'];
  return {
    input_tokens: input('text', 'audio', 'vision', 'video', ...read, ...written),
    cache_read_tokens: input(...read),
    cache_audio_read_tokens: input('audio_cache_read'),
    cache_image_read_tokens: input('vision_cache_read'),
    cache_video_read_tokens: input('video_cache_read'),
    cache_write_tokens: input(...written),
    cache_write_1h_tokens: input('text_cache_write_1h'),
    input_audio_tokens: input('audio', 'audio_cache_read'),
    input_image_tokens: input('vision', 'vision_cache_read'),
    input_video_tokens: input('video', 'video_cache_read'),
    output_tokens: output('text', 'reasoning', 'audio', 'image', 'video'),
    output_reasoning_tokens: output('reasoning'),
    output_audio_tokens: output('audio'),
    output_image_tokens: output('image'),
    output_video_tokens: output('video'),
    web_searches: output('web_search_request'),
  };
}

const everyKind: Units = {
  text: { input: 1009, output: 211 },
  text_cache_read: { input: 503 },
  text_cache_write: { input: 307 },
  text_cache_write_1h: { input: 101 },
  audio: { input: 53, output: 31 },
  audio_cache_read: { input: 29 },
  vision: { input: 401 },
  vision_cache_read: { input: 23 },
  video: { input: 37, output: 41 },
  video_cache_read: { input: 19 },
  reasoning: { output: 43 },
  image: { output: 47 },
  web_search_request: { output: 3 },
};

describe('priceUnits()', () => {
  it('prices every category', () => {
    expect(Object.keys(providers)).toEqual(pricedCategories);
  });

  it.each<[string, Units]>([
    ['one count of each kind', everyKind],
    ['nothing', {}],
    ['a long context', { ...everyKind, text_cache_read: { input: 250_001 } }],
    ['a longer context', { ...everyKind, text: { input: 1_000_003, output: 7 } }],
  ])('prices each model as the list does: %s', (_, units) => {
    for (const [category, providerId] of Object.entries(providers)) {
      const models = pricedModels(category);
      expect(models.length).toBeGreaterThan(10);
      for (const model of models) {
        const listed = calcPrice(usageOf(units), model, { providerId });
        const cost = priceUnits(units, category, model);
        const amounts = cost && [cost.input.base, cost.output.base, cost.total.base];
        const { input_price: input, output_price: output, total_price: total } = listed ?? {};
        const expected = listed === null ? undefined : [input, output, total];
        expect(amounts, `${category} ${model}`).toEqual(
          expected?.map((amount) => expect.closeTo(amount ?? Number.NaN, 11)),
        );
      }
    }
  });

  // Per million tokens, gpt-realtime: text $4, images $5, cached text $0.40, cached images $0.50.
  it('prices cached text beside images', () => {
    const units = { text_cache_read: { input: 1_000_000 }, vision: { input: 1_000_000 } };
    expect(priceUnits(units, 'system.openai', 'gpt-realtime')?.input.base).toBe(5.4);
  });

  it('takes counts that are not numbers above 0 for none', () => {
    const units = { text: { input: -5, output: Number.NaN }, audio: { input: 1_000_000 } };
    expect(priceUnits(units, 'system.openai', 'gpt-4o')?.total.base).toBe(2.5);
  });
});
