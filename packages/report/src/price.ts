import { calcPrice, findProvider, type Provider } from '@pydantic/genai-prices';

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

/** Providers with one model, by its name: a search through the list takes longer than all else that a report does. */
const found = new Map<string, Provider>();
const mostFound = 1000;

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
  const providerId = priceListProviders[category];
  const models = providerId === undefined ? undefined : findProvider({ providerId })?.models;
  return (models ?? []).map(({ id }) => id);
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
  const providerId = priceListProviders[category];
  if (providerId === undefined) return undefined;
  const count = (name: string, direction: 'input' | 'output'): number => units[name]?.[direction] ?? 0;
  const [text, audio] = [count('text', 'input'), count('audio', 'input')];
  const [cacheRead, cacheWrite] = [count('text_cache_read', 'input'), count('text_cache_write', 'input')];
  const [cacheWrite1h, images] = [count('text_cache_write_1h', 'input'), count('vision', 'input')];
  const [audioRead, video] = [count('audio_cache_read', 'input'), count('video', 'input')];
  const allRead =
    cacheRead + audioRead + count('vision_cache_read', 'input') + count('video_cache_read', 'input');
  const [written, reasoning] = [count('text', 'output'), count('reasoning', 'output')];
  const [spoken, drawn] = [count('audio', 'output'), count('image', 'output')];
  // On Vertex AI, Pay-i puts the name of the publisher before the model.
  const model = providerId === 'google' ? resource.replace(/^(?:google|anthropic)\./, '') : resource;
  const key = `${providerId} ${model}`;
  const known = found.get(key);
  const price = calcPrice(
    {
      // The list's counters overlap and ours do not: its input and output are the sums of all kinds.
      input_tokens: text + allRead + cacheWrite + cacheWrite1h + audio + images + video,
      cache_read_tokens: allRead,
      cache_audio_read_tokens: audioRead,
      cache_write_tokens: cacheWrite + cacheWrite1h,
      cache_write_1h_tokens: cacheWrite1h,
      input_audio_tokens: audio + audioRead,
      input_image_tokens: images,
      output_tokens: written + reasoning + spoken + drawn + count('video', 'output'),
      output_reasoning_tokens: reasoning,
      output_audio_tokens: spoken,
      output_image_tokens: drawn,
      web_searches: count('web_search_request', 'output'),
    },
    model,
    known === undefined ? { providerId } : { provider: known },
  );
  if (known === undefined) {
    if (found.size >= mostFound) found.clear();
    const provider = price?.provider ?? findProvider({ providerId });
    if (provider !== undefined) found.set(key, { ...provider, models: price ? [price.model] : [] });
  }
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
 * Rounds to a trillionth of a dollar: finer than any price per token, coarser than the errors of binary fractions, so
 * that sums of costs are as exact as on paper.
 */
export function roundUsd(amount: number): number {
  return Math.round(amount * 1e12) / 1e12;
}
