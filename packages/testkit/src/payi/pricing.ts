import { calcPrice } from '@pydantic/genai-prices';
import type { Usage } from './metering.ts';

/** What a call cost. Amounts are in US dollars, rounded to a trillionth. */
export interface Cost {
  currency: 'usd';
  input: { base: number };
  output: { base: number };
  total: { base: number };
}

/** Pay-i's categories and the price list's names for the same providers. */
const priceListProviders: Readonly<Record<string, string>> = {
  'system.anthropic': 'anthropic',
  'system.aws.bedrock': 'aws',
  'system.azure': 'azure',
  'system.azureopenai': 'azure',
  'system.google.vertex': 'google',
  'system.openai': 'openai',
};

/**
 * Looks up what a call costs in the price list of the package `@pydantic/genai-prices`.
 *
 * @param category - Pay-i's name of the provider, e.g. `system.aws.bedrock`.
 * @param resource - The model as the provider names it; for Bedrock a model id, an inference profile or its ARN.
 * @returns `undefined` when the list has no price for the resource.
 */
export function priceUsage(usage: Usage, category: string, resource: string): Cost | undefined {
  const providerId = priceListProviders[category];
  if (providerId === undefined) return undefined;
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, cacheWrite1h = 0 } = usage;
  const price = calcPrice(
    {
      // The list's counters overlap where ours do not: its input includes both sides of the cache.
      input_tokens: input + cacheRead + cacheWrite + cacheWrite1h,
      output_tokens: output,
      cache_read_tokens: cacheRead,
      cache_write_tokens: cacheWrite + cacheWrite1h,
      cache_write_1h_tokens: cacheWrite1h,
    },
    resource,
    { providerId },
  );
  return price
    ? {
        currency: 'usd',
        input: { base: roundUsd(price.input_price) },
        output: { base: roundUsd(price.output_price) },
        total: { base: roundUsd(price.total_price) },
      }
    : undefined;
}

/**
 * Rounds to a trillionth of a dollar: finer than any price per token, coarser than the errors of binary fractions,
 * so that sums of costs come out as on paper.
 */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e12) / 1e12;
}
