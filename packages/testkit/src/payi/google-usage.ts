import type { Usage } from './usage.ts';
import { count, defined, record } from './usage-json.ts';

/** The counters of each of Google's modalities. A document counts as text. */
const counters: Readonly<Record<string, Record<'input' | 'cached' | 'output', keyof Usage>>> = {
  TEXT: { input: 'input', cached: 'cacheRead', output: 'output' },
  DOCUMENT: { input: 'input', cached: 'cacheRead', output: 'output' },
  IMAGE: { input: 'inputImage', cached: 'cacheReadImage', output: 'outputImage' },
  AUDIO: { input: 'inputAudio', cached: 'cacheReadAudio', output: 'outputAudio' },
  VIDEO: { input: 'inputVideo', cached: 'cacheReadVideo', output: 'outputVideo' },
};

/**
 * Reads an answer of Gemini, or one chunk of its stream. Google includes cached tokens in the tokens of the prompt;
 * results of tools come besides as input, and thoughts besides as output.
 *
 * @param earlier - The counters of earlier chunks of the same stream; later counts replace them.
 * @see https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readGoogleUsage(body: unknown, earlier: Usage = {}): Usage {
  const usage = record(record(body).usageMetadata);
  const prompt = byModality('input', usage.promptTokenCount, usage.promptTokensDetails);
  const cached = byModality('input', usage.cachedContentTokenCount, usage.cacheTokensDetails);
  const results = byModality('input', usage.toolUsePromptTokenCount, usage.toolUsePromptTokensDetails);
  const input = Object.entries(sum(prompt, results)).map(([name, amount]) => [
    name,
    Math.max(0, amount - (cached[name as keyof Usage] ?? 0)),
  ]);
  return {
    ...earlier,
    ...(Object.fromEntries(input) as Usage),
    ...byModality('cached', usage.cachedContentTokenCount, usage.cacheTokensDetails),
    ...byModality('output', usage.candidatesTokenCount, usage.candidatesTokensDetails),
    ...defined({ reasoning: count(usage.thoughtsTokenCount) }),
  };
}

/** Splits a count by its details. What the details leave out is text. */
function byModality(kind: 'input' | 'cached' | 'output', total: unknown, details: unknown): Usage {
  let rest = count(total) ?? 0;
  let amounts: Usage = {};
  for (const detail of Array.isArray(details) ? details : []) {
    const { modality, tokenCount } = record(detail);
    const amount = count(tokenCount) ?? 0;
    const counter = (counters[String(modality)] ?? counters.TEXT)?.[kind];
    if (counter !== undefined) amounts = sum(amounts, { [counter]: amount });
    rest -= amount;
  }
  const text = counters.TEXT?.[kind];
  const isAllKnown = rest <= 0 && Object.keys(amounts).length > 0;
  if (text === undefined || count(total) === undefined || isAllKnown) return amounts;
  return sum(amounts, { [text]: rest });
}

function sum(...usages: readonly Usage[]): Usage {
  const total: Usage = {};
  for (const usage of usages) {
    for (const [name, amount] of Object.entries(usage)) {
      const counter = name as keyof Usage;
      total[counter] = (total[counter] ?? 0) + amount;
    }
  }
  return total;
}
