import { type Cost, priceUnits } from 'payi-report';
import { describe, expect, it } from 'vitest';
import { roundUsd } from './pricing.ts';
import { toUnits, type Usage } from './usage.ts';

const bedrock = 'system.aws.bedrock';
const sonnet = 'anthropic.claude-3-sonnet-20240229-v1:0';

const priceUsage = (usage: Usage, category: string, resource: string): Cost | undefined =>
  priceUnits(toUnits(usage), category, resource);

describe('the price of a usage', () => {
  // Claude 3 Sonnet on Bedrock, per million tokens: input $3, cache read $0.30, cache write $3.75, output $15.
  it('prices each counter by its own rate', () => {
    expect(
      priceUsage({ input: 1000, output: 100, cacheRead: 2000, cacheWrite: 400 }, bedrock, sonnet),
    ).toEqual({
      currency: 'usd',
      input: { base: 0.0051 },
      output: { base: 0.0015 },
      total: { base: 0.0066 },
    });
  });

  it.each([
    `us.${sonnet}`,
    `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${sonnet}`,
    'anthropic.claude-3-sonnet-20240229',
  ])('knows %s', (resource) => {
    expect(priceUsage({ input: 1_000_000 }, bedrock, resource)?.total.base).toBe(3);
  });

  it('takes the price list of the category', () => {
    expect(priceUsage({ input: 1_000_000 }, 'system.openai', 'gpt-4o')?.total.base).toBe(2.5);
  });

  // Per million tokens, gpt-image-1: text in $5, images in $10, out $40; gpt-4o-transcribe: audio in $6, text $2.50.
  it('prices images and audio apart from text', () => {
    const image = priceUsage(
      { input: 1000, inputImage: 500, outputImage: 100 },
      'system.openai',
      'gpt-image-1',
    );
    expect(image).toMatchObject({ input: { base: 0.01 }, output: { base: 0.004 } });
    const audio = priceUsage({ input: 1000, inputAudio: 1000 }, 'system.openai', 'gpt-4o-transcribe');
    expect(audio?.input.base).toBe(0.0085);
  });

  it('prices reasoning as output', () => {
    const cost = priceUsage({ input: 0, output: 10, reasoning: 90 }, 'system.azureopenai', 'gpt-4o');
    expect(cost?.output.base).toBe(0.001);
  });

  it('adds web searches to the total alone', () => {
    const cost = priceUsage({ input: 0, output: 0, webSearches: 2 }, 'system.anthropic', 'claude-sonnet-4-5');
    expect(cost).toMatchObject({ input: { base: 0 }, output: { base: 0 }, total: { base: 0.02 } });
  });

  it('has no price for unknown resources and categories', () => {
    expect(priceUsage({ input: 1 }, bedrock, 'no-such-model')).toBeUndefined();
    expect(priceUsage({ input: 1 }, 'custom.category', sonnet)).toBeUndefined();
  });
});

describe('roundUsd()', () => {
  it('makes sums come out as on paper', () => {
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(roundUsd(0.1 + 0.2)).toBe(0.3);
  });
});
