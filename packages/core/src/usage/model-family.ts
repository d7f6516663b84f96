/** Models whose InvokeModel bodies have one format, by the maker's name in the model id. */
export type ModelFamily =
  | 'anthropic'
  | 'nova'
  | 'llama'
  | 'titan'
  | 'cohere'
  | 'mistral'
  | 'deepseek'
  | 'ai21'
  | 'openai';

/** The maker is at the start, behind the prefix of an inference profile, or in the last part of an ARN. */
const maker =
  /(?:^|[./]|%2f)(anthropic|meta|cohere|mistral|deepseek|ai21|openai|amazon\.nova|amazon\.titan)[.-]/i;

const makers: Readonly<Record<string, ModelFamily>> = {
  meta: 'llama',
  'amazon.nova': 'nova',
  'amazon.titan': 'titan',
};

/**
 * Finds the family of a Bedrock model.
 *
 * @param modelId - An id (`anthropic.claude-…`), an inference profile of any region (`us.`, `eu.`, `apac.`, `global.` …)
 *   or the ARN of either, percent-encoded or not. The ARN of an application inference profile, of a provisioned or an
 *   imported model names no maker.
 * @param priceAsResource - Used only if `modelId` names no maker.
 * @returns `undefined` if neither names a maker. Then the body itself decides.
 */
export function familyOf(modelId: string, priceAsResource?: string): ModelFamily | undefined {
  const name = (maker.exec(modelId) ?? maker.exec(priceAsResource ?? ''))?.[1]?.toLowerCase();
  return name === undefined ? undefined : (makers[name] ?? (name as ModelFamily));
}
