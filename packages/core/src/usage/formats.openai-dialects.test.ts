import { describe, expect, it } from 'vitest';
import { readOpenAIChat } from './readers.ts';
import { mergeReadings, nothing, type Reading, tokensIn, type Units } from './reading.ts';

/** Usage as servers with OpenAI's interface state it, and what it says. All but the last two add up to the total. */
const dialects: Readonly<Record<string, readonly [usage: object, units: Units, more?: object]>> = {
  'xAI, reasoning beside the completion': [
    {
      prompt_tokens: 300,
      completion_tokens: 20,
      total_tokens: 400,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 80 },
      num_sources_used: 4,
      cost_in_usd_ticks: 37_756_000,
    },
    { text: { input: 172, output: 20 }, text_cache_read: { input: 128 }, reasoning: { output: 80 } },
    { providerCost: 0.0037756, billable: { search_sources: 4 } },
  ],
  'xAI, a cached picture': [
    {
      prompt_tokens: 270,
      completion_tokens: 9,
      total_tokens: 279,
      prompt_tokens_details: { text_tokens: 14, image_tokens: 256, cached_tokens: 200 },
    },
    { text: { input: 0, output: 9 }, text_cache_read: { input: 200 }, vision: { input: 70 } },
  ],
  DeepSeek: [
    {
      prompt_tokens: 100,
      completion_tokens: 12,
      total_tokens: 112,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
      completion_tokens_details: { reasoning_tokens: 5 },
    },
    { text: { input: 36, output: 7 }, text_cache_read: { input: 64 }, reasoning: { output: 5 } },
  ],
  'Kimi, outside a choice': [
    { prompt_tokens: 100, completion_tokens: 12, total_tokens: 112, cached_tokens: 64 },
    { text: { input: 36, output: 12 }, text_cache_read: { input: 64 } },
  ],
  Perplexity: [
    {
      prompt_tokens: 33,
      completion_tokens: 700,
      total_tokens: 733,
      citation_tokens: 2000,
      num_search_queries: 18,
      reasoning_tokens: 7000,
      cost: { input_tokens_cost: 0.1, request_cost: 0.2, total_cost: 0.82 },
    },
    { text: { input: 33, output: 700 }, reasoning: { output: 7000 }, web_search_request: { output: 18 } },
    { providerCost: 0.82, billable: { citation_tokens: 2000 } },
  ],
  OpenRouter: [
    {
      prompt_tokens: 50,
      completion_tokens: 16,
      total_tokens: 66,
      cost: 0.000093,
      prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 20, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 4, image_tokens: 6 },
      server_tool_use: { web_search_requests: 2 },
    },
    {
      text: { input: 20, output: 6 },
      text_cache_read: { input: 10 },
      text_cache_write: { input: 20 },
      image: { output: 6 },
      reasoning: { output: 4 },
      web_search_request: { output: 2 },
    },
    { providerCost: 0.000093 },
  ],
  "Vercel's gateway": [
    { prompt_tokens: 84, completion_tokens: 5, total_tokens: 89, cost: 1.316e-5, market_cost: 1.316e-5 },
    { text: { input: 84, output: 5 } },
    { providerCost: 1.316e-5 },
  ],
  'Databricks and LiteLLM, Claude': [
    {
      prompt_tokens: 1000,
      completion_tokens: 5,
      total_tokens: 1005,
      cache_read_input_tokens: 900,
      cache_creation_input_tokens: 60,
    },
    { text: { input: 40, output: 5 }, text_cache_read: { input: 900 }, text_cache_write: { input: 60 } },
  ],
  'a gateway, cache reads beside the prompt': [
    { prompt_tokens: 100, completion_tokens: 5, total_tokens: 1005, cache_read_input_tokens: 900 },
    { text: { input: 100, output: 5 }, text_cache_read: { input: 900 } },
  ],
  'Gemini through a gateway, thinking only': [
    {
      prompt_tokens: 21,
      completion_tokens: 0,
      total_tokens: 81,
      completion_tokens_details: { reasoning_tokens: 60 },
    },
    { text: { input: 21, output: 0 }, reasoning: { output: 60 } },
  ],
  'reasoning that is more than its whole': [
    {
      prompt_tokens: 10,
      completion_tokens: 4,
      total_tokens: 14,
      completion_tokens_details: { reasoning_tokens: 6 },
    },
    { text: { input: 10, output: 0 }, reasoning: { output: 4 } },
  ],
  'null details': [
    {
      prompt_tokens: 5,
      completion_tokens: 2,
      total_tokens: 7,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    },
    { text: { input: 5, output: 2 } },
  ],
  'Voxtral, sound only in the total': [
    { prompt_tokens: 4, completion_tokens: 30, total_tokens: 130, prompt_audio_seconds: 7 },
    { text: { input: 4, output: 30 } },
    { billable: { audio_seconds: 7 } },
  ],
  'a total that nothing explains': [
    { prompt_tokens: 10, completion_tokens: 4, total_tokens: 20 },
    { text: { input: 10, output: 4 } },
  ],
};

describe.each(Object.entries(dialects))('readOpenAIChat(), %s,', (name, [usage, units, more]) => {
  it('reads it', () => {
    const { total, isLast: _, ...reading } = readOpenAIChat({ usage });
    expect(reading).toEqual({ units, ...more });
    const isWhole = !/Voxtral|nothing/.test(name);
    expect(total === tokensIn(units)).toBe(isWhole);
  });
});

describe('readOpenAIChat()', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };
  const text = { input: 10, output: 4 };

  it('finds the usage that Kimi and Groq have elsewhere, once', () => {
    const choices = [{ index: 0, delta: {}, finish_reason: 'stop', usage }];
    for (const chunk of [{ choices }, { x_groq: { usage } }, { usage, choices }]) {
      expect(readOpenAIChat(chunk)).toMatchObject({ units: { text }, total: 14 });
    }
  });

  it("takes what only Gemini's total has as reasoning", () => {
    const thinking = { ...usage, total_tokens: 114 };
    const units = { text, reasoning: { output: 100 } };
    expect(readOpenAIChat({ model: 'gemini-2.5-flash', usage: thinking }).units).toEqual(units);
    const told = { ...thinking, completion_tokens_details: { reasoning_tokens: 100 } };
    expect(readOpenAIChat({ model: 'google/gemini-2.5-pro', usage: told }).units).toEqual(units);
    expect(readOpenAIChat({ model: 'gemini-2.5-flash', usage }).units).toEqual({ text });
    expect(readOpenAIChat({ model: 'gemini-2.5-flash' })).toEqual({ model: 'gemini-2.5-flash' });
  });

  it('reads the tier that was served', () => {
    expect(readOpenAIChat({ service_tier: 'flex' }).serviceTier).toBe('flex');
    const extra_properties = { google: { traffic_type: 'ON_DEMAND' } };
    expect(readOpenAIChat({ usage: { ...usage, extra_properties } }).serviceTier).toBe('ON_DEMAND');
  });
});

const stream = (...chunks: object[]): Reading => chunks.map(readOpenAIChat).reduce(mergeReadings, nothing);

describe('mergeReadings() of chunks', () => {
  it('lets a later usage replace an earlier one, zeros and all', () => {
    const cached = (cached_tokens: number) => ({
      usage: {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens },
      },
    });
    expect(stream(cached(6), cached(0)).units).toEqual({ text: { input: 10, output: 4 } });
    expect(stream(cached(0), cached(6)).units).toEqual({
      text: { input: 4, output: 4 },
      text_cache_read: { input: 6 },
    });
    const guardrail = { units: { guardrail_topic: { input: 1 } } };
    expect(mergeReadings(guardrail, readOpenAIChat(cached(0))).units).toEqual({
      guardrail_topic: { input: 1 },
      text: { input: 10, output: 4 },
    });
  });

  const call = (name: string, more: object): object => ({
    choices: [{ delta: { tool_calls: [{ ...more, function: { name } }] } }],
  });

  it.each<[string, object[], string[]]>([
    ['with all it has', [call('a', { index: 0, id: 'x' }), call('a', { index: 0, id: 'x' })], ['a']],
    ['without its id', [call('a', { index: 0, id: 'x' }), call('a', { index: 0 })], ['a']],
    ['without any id', [call('a', { index: 0 }), call('a', { index: 0, id: '' })], ['a']],
    ['for another call', [call('a', { index: 0, id: 'x' }), call('a', { index: 1, id: 'y' })], ['a', 'a']],
    [
      'under the index of another',
      [call('a', { index: 0, id: 'x' }), call('b', { index: 0, id: 'xy' })],
      ['a', 'b'],
    ],
    ['without index and id', [call('a', {}), call('a', {})], ['a', 'a']],
  ])('knows a tool that is named again %s', (_, chunks, names) => {
    expect(stream(...chunks).toolCalls).toEqual(names);
  });
});
