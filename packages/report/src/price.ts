import { calcPrice, findProvider, type ModelPrice } from '@pydantic/genai-prices';

/** Amounts by Pay-i's unit name: `{ text: { input: 12, output: 34 } }`. */
export type Units = Readonly<Record<string, { readonly input?: number; readonly output?: number }>>;

/** The cost of a call. Amounts are in US dollars, rounded to a trillionth. */
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
 * Kinds of tokens, each with the names that its price may have in the list: the first that a model has applies, and that
 * of text if it has none.
 */
const priceNames: Readonly<Record<'input' | 'output', Readonly<Record<string, readonly string[]>>>> = {
  input: {
    text: [],
    text_cache_read: ['cache_read_mtok'],
    text_cache_write: ['cache_write_mtok'],
    text_cache_write_1h: ['cache_write_1h_mtok', 'cache_write_mtok'],
    audio: ['input_audio_mtok'],
    audio_cache_read: ['cache_audio_read_mtok', 'cache_read_mtok', 'input_audio_mtok'],
    vision: ['input_image_mtok'],
    vision_cache_read: ['cache_image_read_mtok', 'cache_read_mtok', 'input_image_mtok'],
    video: ['input_video_mtok'],
    video_cache_read: ['cache_video_read_mtok', 'cache_read_mtok', 'input_video_mtok'],
  },
  output: {
    text: [],
    reasoning: ['output_reasoning_mtok'],
    audio: ['output_audio_mtok'],
    image: ['output_image_mtok'],
    video: ['output_video_mtok'],
  },
};

/**
 * Prices by provider, model and minute: a search through the list takes longer than all else that a report does, and some
 * prices change with the time of day.
 */
const found = new Map<string, ModelPrice | undefined>();

/** Names of Pay-i's providers that the price list knows. */
export const pricedCategories: readonly string[] = Object.keys(priceListProviders);

/**
 * The models of a provider, as the price list names them. Calls by other names of the same model have a price, too.
 *
 * @param category - Pay-i's name of the provider, e.g. `system.aws.bedrock`. Empty for one that is not known.
 * @example
 * ```ts
 * pricedModels('system.openai').includes('gpt-4o'); // true
 * ```
 */
export function pricedModels(category: string): readonly string[] {
  const provider = findProvider({ providerId: priceListProviders[category] ?? '' });
  return (provider?.models ?? []).map(({ id }) => id);
}

/**
 * Looks up the cost of a call in the price list of the package `@pydantic/genai-prices`.
 *
 * @param category - Pay-i's name of the provider, e.g. `system.aws.bedrock`.
 * @param resource - The model as the provider names it; for Bedrock a model id, an inference profile or its ARN.
 * @returns `undefined` if the list has no price for the resource. A kind of token without its own price costs as much
 *   as text. Costs that belong neither to input nor to output, such as those of web searches, are only in the total.
 */
export function priceUnits(units: Units, category: string, resource: string): Cost | undefined {
  const prices = pricesOf(category, resource);
  if (prices === undefined) return undefined;
  let contextTokens = 0;
  for (const kind in priceNames.input) contextTokens += units[kind]?.input ?? 0;
  /** @returns US dollars for a million tokens, or a thousand searches. */
  const rateOf = (name: string): number => {
    const price = prices[name] ?? 0;
    if (typeof price === 'number') return price;
    // The price of a long context applies to all tokens of its call.
    return price.tiers.findLast(({ start }) => contextTokens > start)?.price ?? price.base;
  };
  const usdOf = (direction: 'input' | 'output'): number => {
    let usd = 0;
    for (const kind in priceNames[direction]) {
      const count = units[kind]?.[direction] ?? 0;
      if (!(count > 0)) continue;
      const own = priceNames[direction][kind]?.find((name) => prices[name] !== undefined);
      usd += (count * rateOf(own ?? `${direction}_mtok`)) / 1e6;
    }
    return usd;
  };
  const [input, output] = [usdOf('input'), usdOf('output')];
  const searches = units.web_search_request?.output ?? 0;
  return {
    currency: 'usd',
    input: { base: roundUsd(input) },
    output: { base: roundUsd(output) },
    total: { base: roundUsd(input + output + (searches * rateOf('web_searches_kcount')) / 1e3) },
  };
}

/** @returns The prices of a model as of now. `undefined` if the list does not know it. */
function pricesOf(category: string, resource: string): ModelPrice | undefined {
  const providerId = priceListProviders[category];
  if (providerId === undefined) return undefined;
  // On Vertex AI, Pay-i puts the name of the publisher before the model.
  const model = providerId === 'google' ? resource.replace(/^(?:google|anthropic)\./, '') : resource;
  const key = `${providerId} ${model} ${Math.floor(Date.now() / 60_000)}`;
  if (!found.has(key)) {
    if (found.size >= 1000) found.clear();
    found.set(key, calcPrice({}, model, { providerId })?.model_price);
  }
  return found.get(key);
}

/**
 * Rounds to a trillionth of a dollar: finer than any price per token, coarser than the errors of binary fractions, so
 * that sums of costs are as exact as on paper.
 */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e12) / 1e12;
}
