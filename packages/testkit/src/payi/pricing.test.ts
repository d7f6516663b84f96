import { describe, expect, it } from 'vitest';
import { priceUsage, roundUsd } from './pricing.ts';

const bedrock = 'system.aws.bedrock';
const sonnet = 'anthropic.claude-3-sonnet-20240229-v1:0';

describe('priceUsage()', () => {
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
