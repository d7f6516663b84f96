/**
 * OpenTelemetry's names for GenAI. None of them is stable, so all are in this file and `attribute-names.ts`. The npm package of the conventions is
 * not imported, because it only has the names of v1.41.
 *
 * @see https://github.com/open-telemetry/semantic-conventions/tree/v1.41.0/docs/gen-ai
 * @see https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai for the draft
 *
 * @module
 */

/**
 * - `v1.41`: the last release with conventions for GenAI. Backends know these names.
 * - `draft`: the unreleased conventions that replace them. They may still change.
 */
export type Conventions = 'v1.41' | 'draft';

/** What is counted. `cacheRead` and `cacheWrite` are included in `input`, `reasoning` in `output`. */
export type TokenCount = 'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'reasoning';

export interface TokenMetric {
  readonly name: string;
  readonly counts: TokenCount;
  /**
   * - `usage`: a counter by modality.
   * - `sum`: a histogram of all calls, by `gen_ai.token.type`.
   * - `distribution`: a histogram of the calls that did not fail.
   */
  readonly kind: 'usage' | 'sum' | 'distribution';
}

export interface MetricNames {
  readonly duration: string;
  readonly timeToFirstChunk: string;
  readonly tokens: readonly TokenMetric[];
}

export interface Dialect {
  /** Attributes of spans. */
  readonly tokens: Readonly<Record<TokenCount, string>>;
  /** Whether spans have counts by modality as well: `gen_ai.usage.audio.input_tokens`. */
  readonly hasModalities: boolean;
  readonly inference: MetricNames;
  readonly embeddings: MetricNames;
}

const spanTokens = {
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
  cacheRead: 'gen_ai.usage.cache_read.input_tokens',
  cacheWrite: 'gen_ai.usage.cache_creation.input_tokens',
  reasoning: 'gen_ai.usage.reasoning.output_tokens',
} as const;

const released: MetricNames = {
  duration: 'gen_ai.client.operation.duration',
  timeToFirstChunk: 'gen_ai.client.operation.time_to_first_chunk',
  tokens: [
    { name: 'gen_ai.client.token.usage', counts: 'input', kind: 'sum' },
    { name: 'gen_ai.client.token.usage', counts: 'output', kind: 'sum' },
  ],
};

const inference = 'gen_ai.client.inference.';
const embeddings = 'gen_ai.client.embeddings.';
const usage = (name: string, counts: TokenCount): TokenMetric => ({
  name: `${inference}usage.${name}_tokens`,
  counts,
  kind: 'usage',
});
const timeToFirstChunk = `${inference}time_to_first_chunk`;

export const dialects: Readonly<Record<Conventions, Dialect>> = {
  'v1.41': { tokens: spanTokens, hasModalities: false, inference: released, embeddings: released },
  draft: {
    tokens: { ...spanTokens, cacheWrite: 'gen_ai.usage.cache_write.input_tokens' },
    hasModalities: true,
    inference: {
      duration: `${inference}duration`,
      timeToFirstChunk,
      tokens: [
        usage('input', 'input'),
        usage('output', 'output'),
        usage('cache_read.input', 'cacheRead'),
        usage('cache_write.input', 'cacheWrite'),
        usage('reasoning.output', 'reasoning'),
        { name: `${inference}operation.input_tokens`, counts: 'input', kind: 'distribution' },
        { name: `${inference}operation.output_tokens`, counts: 'output', kind: 'distribution' },
      ],
    },
    embeddings: {
      duration: `${embeddings}duration`,
      timeToFirstChunk,
      tokens: [{ name: `${embeddings}operation.input_tokens`, counts: 'input', kind: 'distribution' }],
    },
  },
};

/** `gen_ai.provider.name` by Pay-i's category. It names the API that was called, not the maker of the model. */
export const providers: Readonly<Record<string, string>> = {
  'system.openai': 'openai',
  'system.azureopenai': 'azure.ai.openai',
  'system.anthropic': 'anthropic',
  'system.azure': 'azure.ai.inference',
  'system.aws.bedrock': 'aws.bedrock',
  'system.google.vertex': 'gcp.vertex_ai',
};

/** `gen_ai.operation.name` by the provider's name of the operation. Others are passed on as they are. */
export const operations: Readonly<Record<string, string>> = {
  Converse: 'chat',
  ConverseStream: 'chat',
  messages: 'chat',
  'chat/completions': 'chat',
  responses: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
  embedContent: 'embeddings',
  batchEmbedContents: 'embeddings',
  generateContent: 'generate_content',
  streamGenerateContent: 'generate_content',
};

/** What `InvokeModel` does, by the name of the model; otherwise it is `chat`. */
export const invokedModels: readonly (readonly [model: RegExp, operation: string])[] = [
  [/embed/i, 'embeddings'],
  [/rerank/i, 'rerank'],
  [/image|canvas|stable-/i, 'generate_content'],
];

/** Boundaries of histograms: seconds, and tokens. */
export const boundaries: { readonly [unit in 's' | '{token}']: number[] } = {
  s: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  '{token}': [
    1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
  ],
};
