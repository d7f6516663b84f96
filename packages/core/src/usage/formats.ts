import { isObject } from '../runtime.ts';
import type { AnswerFormat } from './answer-format.ts';
import { count, isText, type JsonRecord, record, records } from './json.ts';

/** The counts of a message of Anthropic, or of one iteration of it. Not inline, so that other bundles leave it out. */
export const anthropicUsage: AnswerFormat = {
  'text.input': 'input_tokens',
  'text.output': 'output_tokens',
  'text/reasoning.output': 'output_tokens_details.thinking_tokens',
  'text_cache_read.input': 'cache_read_input_tokens',
  'text_cache_write.input': writtenForDefault,
  'text_cache_write_1h.input': 'cache_creation.ephemeral_1h_input_tokens',
  server_tool_use: {
    'web_search_request.output': 'web_search_requests',
    'billable.web_fetches': 'web_fetch_requests',
    'billable.code_executions': 'code_execution_requests',
  },
  serviceTier: 'service_tier',
  'system.speed': 'speed',
  scope: inferenceScope,
};

/**
 * Anthropic's Messages API, on Bedrock and Vertex too: a message, the event `message_delta`, whose counts are cumulative,
 * and a retired text completion.
 *
 * `input_tokens` includes neither cache reads nor cache writes; `output_tokens` includes thinking. Image tokens are counted
 * as text, because the answer does not tell them apart and an estimate would only move tokens from one unit to another. The
 * price of a large context is a matter of the model, so 200,000 tokens are `text` like any others.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export const anthropicMessage: AnswerFormat = {
  providerResponseId: 'id',
  model: 'model',
  'system.stop_reason': 'stop_reason | delta.stop_reason',
  hasContent: 'completion',
  usage: anthropicUsage,
  content: { toolCalls: anthropicToolName },
};

/** The sum has writes of every lifetime. Where it is less than its parts, the parts count. */
function writtenForDefault(usage: JsonRecord): number | undefined {
  const { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens } = record(usage.cache_creation);
  const [sum, short] = [count(usage.cache_creation_input_tokens), count(ephemeral_5m_input_tokens)];
  if (sum === undefined) return short;
  return Math.max(short ?? 0, sum - (count(ephemeral_1h_input_tokens) ?? 0));
}

/** Pay-i's scope of a geography that has a price of its own. */
function inferenceScope({ inference_geo }: JsonRecord): string | undefined {
  const isNamed = isText(inference_geo) && inference_geo !== 'global' && inference_geo !== 'not_available';
  return isNamed ? `datazone.${inference_geo}` : undefined;
}

/** The name in a content block `tool_use`, `server_tool_use` or `mcp_tool_use`. */
export function anthropicToolName({ type, name }: JsonRecord): unknown {
  return isText(type) && type.endsWith('tool_use') ? name : undefined;
}

/**
 * Converse, typed by the AWS SDK or as it came over the wire, and InvokeModel of Amazon Nova, which names its cache
 * counters `…TokenCount`.
 *
 * The four counters exclude each other: a recorded answer has 3 tokens of input, 1,789 written to a cache, 401 of output
 * and a total of 2,193. `cacheDetails` splits the writes by lifetime.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 * @see https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html
 */
export const converse: AnswerFormat = {
  routedTo: 'trace.promptRouter.invokedModelId',
  serviceTier: 'serviceTier.type',
  'system.speed': 'performanceConfig.latency',
  'system.stop_reason': 'stopReason',
  usage: {
    'text.input': 'inputTokens',
    'text.output': 'outputTokens',
    'text_cache_read.input': 'cacheReadInputTokens | cacheReadInputTokenCount',
    'text_cache_write.input': writtenForFiveMinutes,
    'text_cache_write_1h.input': writtenForAnHour,
    total: 'totalTokens',
  },
  'output.message.content': { toolCalls: 'toolUse.name' },
};

/** Tokens of no known lifetime have the default one. */
function writtenForFiveMinutes(usage: JsonRecord): number {
  const written = count(usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount) ?? 0;
  return Math.max(writtenFor('5m', usage), written - writtenForAnHour(usage));
}

function writtenForAnHour(usage: JsonRecord): number {
  return writtenFor('1h', usage);
}

function writtenFor(lifetime: string, { cacheDetails }: JsonRecord): number {
  let tokens = 0;
  if (!Array.isArray(cacheDetails)) return tokens;
  for (const detail of cacheDetails) {
    const { ttl, inputTokens } = record(detail);
    if (ttl === lifetime) tokens += count(inputTokens) ?? 0;
  }
  return tokens;
}

/**
 * Meta Llama. The counts of a chunk are cumulative; `prompt_token_count` is `null` after the first chunk.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
 */
export const llama: AnswerFormat = {
  'text.input': 'prompt_token_count',
  'text.output': 'generation_token_count',
  'system.stop_reason': 'stop_reason',
  hasContent: 'generation',
  isLast: 'stop_reason',
};

/**
 * Amazon Titan: text, a chunk of streamed text, embeddings of text (v1, v2) and of images. Embeddings have only
 * `inputTextTokenCount`. They do not say what an image counts for.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
 */
export const titan: AnswerFormat = {
  'text.input': 'inputTextTokenCount',
  'text.output': 'totalOutputTextTokenCount',
  'system.stop_reason': 'completionReason',
  hasContent: 'outputText',
  isLast: 'completionReason',
  results: { 'text.output': 'tokenCount', 'system.stop_reason': 'completionReason' },
};

/**
 * Cohere Command, Command R and Embed. `meta` has the counts as billed and as processed; those billed are taken. Bedrock
 * often leaves `meta` out, and then the body has no counts. The last chunk repeats the answer in `response`.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 * @see https://docs.cohere.com/v1/reference/chat
 */
export const cohere: AnswerFormat = {
  'response.meta.billed_units | response.meta.tokens | meta.billed_units | meta.tokens': {
    'text.input': 'input_tokens',
    'text.output': 'output_tokens',
    'vision.input': 'images',
    'billable.rerank_searches': 'search_units',
  },
  providerResponseId: 'generation_id | id',
  'system.stop_reason': 'finish_reason',
  hasContent: 'text | tool_calls',
  isLast: 'is_finished',
  tool_calls: { toolCalls: 'name' },
  generations: { 'system.stop_reason': 'finish_reason' },
};

/**
 * Text completions of Mistral. They have no counts: these are in the response headers, or in the metrics that close a
 * stream. Mistral's chat models answer in OpenAI's format.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
 */
export const mistralText: AnswerFormat = {
  outputs: { 'system.stop_reason': 'stop_reason', hasContent: 'text', isLast: 'stop_reason' },
};

/**
 * Amazon Nova Sonic: an event of its session. Totals are those of the session so far. A session has no closing event: it
 * ends when either side ends it, so any total may be the last one.
 *
 * @see https://docs.aws.amazon.com/nova/latest/nova2-userguide/sonic-output-events.html
 */
export const novaSonic: AnswerFormat = {
  event: {
    'usageEvent.details.total': {
      input: { 'audio.input': 'speechTokens', 'text.input': 'textTokens' },
      output: { 'audio.output': 'speechTokens', 'text.output': 'textTokens' },
    },
    isLast: 'usageEvent',
    hasContent: 'textOutput | audioOutput | toolUse',
    toolCalls: 'toolUse.toolName',
    'system.stop_reason': 'completionEnd.stopReason',
  },
};

/**
 * Pictures of Amazon Nova Canvas, Amazon Titan and Stability AI, which are billed by the piece.
 *
 * @see https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
 */
export const bedrockImages: AnswerFormat = {
  'image.output': ({ images, artifacts }) => lengthOf(images ?? artifacts),
};

function lengthOf(list: unknown): number | undefined {
  return Array.isArray(list) ? list.length : undefined;
}

/**
 * The body of a request to a model that is not billed by tokens alone: pictures that are embedded, searches of a reranker
 * (one for each 100 documents), size and quality of pictures, length and size of a video.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-pricing.html
 * @see https://docs.aws.amazon.com/nova/latest/userguide/video-generation.html
 */
export const bedrockRequest: AnswerFormat = {
  'vision.input': ({ inputImage, images, singleEmbeddingParams }) =>
    (inputImage ?? record(singleEmbeddingParams).image) === undefined ? lengthOf(images) : 1,
  'billable.rerank_searches': ({ query, documents }) => query && Math.ceil((lengthOf(documents) ?? 0) / 100),
  'billable.video_seconds': ({ videoGenerationConfig, duration }) => {
    const seconds = record(videoGenerationConfig).durationSeconds ?? duration;
    return typeof seconds === 'string' ? Number.parseFloat(seconds) : seconds;
  },
  'system.size': 'videoGenerationConfig.dimension | resolution',
  imageGenerationConfig: {
    'system.size': ({ width, height }) => count(width) && count(height) && `${width}x${height}`,
    'system.quality': 'quality',
  },
};

/**
 * What the input of an operation asks for, typed by the AWS SDK.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
export const bedrockInput: AnswerFormat = {
  serviceTier: 'serviceTier.type | serviceTier',
  'system.speed': 'performanceConfig.latency | performanceConfigLatency',
  'system.aws.bedrock.guardrail.id': 'guardrailConfig.guardrailIdentifier | guardrailIdentifier',
  'system.aws.bedrock.guardrail.version': 'guardrailConfig.guardrailVersion | guardrailVersion',
  uses: ({ guardrailConfig, guardrailIdentifier }) => (guardrailConfig ?? guardrailIdentifier) && 'guardrail',
};

/**
 * The counts with which Bedrock closes a stream of InvokeModelWithResponseStream, whatever the model. They have the sum of
 * cache writes, not their lifetimes, and less output than Claude itself counts where it calls tools.
 *
 * AWS mentions the member without a reference of its own; the four names are those of recorded answers, and of Bedrock's
 * invocation logs.
 */
export const invocationMetrics: AnswerFormat = {
  'text.input': 'inputTokenCount',
  'text.output': 'outputTokenCount',
  'text_cache_read.input': 'cacheReadInputTokenCount',
  'text_cache_write.input': 'cacheWriteInputTokenCount',
};

/**
 * The response headers that say how Bedrock served a call, keys in lower case.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
export const servedHeaders: AnswerFormat = {
  serviceTier: 'x-amzn-bedrock-service-tier',
  'system.speed': 'x-amzn-bedrock-performanceconfig-latency',
};

/**
 * The response headers of InvokeModel, keys in lower case.
 *
 * They have the sum of cache writes, not their lifetimes; the input includes neither cache reads nor writes. AWS's
 * reference of InvokeModel does not list these headers: the names are those of recorded answers, except that the cache
 * counts are read without `-input`, too, as in no recorded answer.
 */
export const tokenCountHeaders: AnswerFormat = {
  'text.input': 'x-amzn-bedrock-input-token-count',
  'text.output': 'x-amzn-bedrock-output-token-count',
  'text_cache_read.input':
    'x-amzn-bedrock-cache-read-input-token-count | x-amzn-bedrock-cache-read-token-count',
  'text_cache_write.input':
    'x-amzn-bedrock-cache-write-input-token-count | x-amzn-bedrock-cache-write-token-count',
};

/**
 * What one assessment of a guardrail used, all as `input`: AWS charges a text unit of the prompt and of the answer the
 * same, and `input` is where Pay-i prices it.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html
 */
export const guardrailUsage: AnswerFormat = {
  'guardrail_topic.input': 'topicPolicyUnits',
  'guardrail_content.input': 'contentPolicyUnits',
  'guardrail_content_image.input': 'contentPolicyImageUnits',
  'guardrail_word_free.input': 'wordPolicyUnits',
  'guardrail_automated_reasoning.input': 'automatedReasoningPolicyUnits',
  'guardrail_sensitive_information.input': 'sensitiveInformationPolicyUnits',
  'guardrail_sensitive_information_free.input': 'sensitiveInformationPolicyFreeUnits',
  'guardrail_contextual_grounding.input': 'contextualGroundingPolicyUnits',
};

const chatToolCalls: AnswerFormat = { toolCalls: 'function.name | custom.name', toolKeys: chatToolKey };
const chatFunctionCall: AnswerFormat = { toolCalls: 'name' };

/** Begins with the index, because not every piece repeats the id; Gemini gives all calls the index 0, and different ids. */
function chatToolKey({ index, id }: JsonRecord): string | undefined {
  if (isObject(index)) return undefined;
  if (isText(id)) return `${index} ${id} `;
  return index === undefined ? undefined : `${index} `;
}

/** Gateways and Perplexity state dollars; xAI, ten-billionths of one. */
function providerCost({ cost, cost_in_usd_ticks: ticks }: JsonRecord): unknown {
  return typeof ticks === 'number' ? ticks / 1e10 : (record(cost).total_cost ?? cost);
}

/**
 * Chat completions and older completions in OpenAI's format, whole or as a chunk of a stream, as the servers of others
 * write it, too. Mistral's chat models, DeepSeek, AI21 Jamba, Qwen and OpenAI's own models answer in it on Bedrock.
 *
 * `prompt_tokens` include cache reads and writes, audio and images; `completion_tokens` include reasoning, audio and
 * images. Where one of them does not, as xAI's reasoning, `total_tokens` shows it. Usage may be on every chunk, and is
 * cumulative then, or on a last one without choices; there is none without `stream_options.include_usage`. The stream's
 * `[DONE]` is not JSON.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 * @see https://docs.x.ai/developers/cost-tracking
 * @see https://api-docs.deepseek.com/guides/kv_cache
 * @see https://docs.perplexity.ai/getting-started/pricing
 * @see https://openrouter.ai/docs/use-cases/usage-accounting
 */
export const openaiChat: AnswerFormat = {
  model: 'model',
  // Vertex AI tells there whether a reserved throughput served the call.
  serviceTier: 'service_tier | usage.extra_properties.google.traffic_type',
  // Kimi has the usage of a stream in its choice.
  'usage | choices.0.usage | x_groq.usage': {
    'text.input': 'prompt_tokens',
    'text.output': 'completion_tokens',
    total: chatTotal,
    // The other names are those of DeepSeek, Kimi, and Claude on Databricks.
    'text/text_cache_read.input':
      'prompt_tokens_details.cached_tokens | prompt_cache_hit_tokens | cached_tokens | cache_read_input_tokens',
    'text/text_cache_write.input': 'prompt_tokens_details.cache_write_tokens | cache_creation_input_tokens',
    prompt_tokens_details: { 'text/vision.input': 'image_tokens', 'text/audio.input': 'audio_tokens' },
    completion_tokens_details: { 'text/audio.output': 'audio_tokens', 'text/image.output': 'image_tokens' },
    'text/reasoning.output': 'completion_tokens_details.reasoning_tokens | reasoning_tokens',
    'web_search_request.output': 'num_search_queries | server_tool_use.web_search_requests',
    'billable.citation_tokens': 'citation_tokens',
    'billable.search_sources': 'num_sources_used',
    'billable.audio_seconds': 'prompt_audio_seconds',
    providerCost,
  },
  'reasoning.output': hiddenThinking,
  providerResponseId: 'id',
  choices: {
    // Mistral on Bedrock says `stop_reason`.
    'system.stop_reason': 'finish_reason | stop_reason',
    hasContent: 'text',
    message: { tool_calls: chatToolCalls, function_call: chatFunctionCall },
    delta: {
      // The first chunk has only a role, and empty text. DeepSeek says `reasoning_content`, vLLM `reasoning`.
      hasContent: 'content | reasoning_content | reasoning | refusal | tool_calls | function_call | audio',
      tool_calls: chatToolCalls,
      function_call: chatFunctionCall,
    },
  },
  isLast: isUsageOnly,
};

/** In answers that state searches, Perplexity's total does not include the reasoning tokens. */
function chatTotal({
  total_tokens: total,
  num_search_queries: searches,
  reasoning_tokens,
}: JsonRecord): unknown {
  return searches === undefined ? total : Number(total) + (count(reasoning_tokens) ?? 0);
}

/** Gemini's own OpenAI interface has the tokens of thinking only in the total. */
function hiddenThinking({ model, usage }: JsonRecord): number | undefined {
  if (!isText(model) || !model.includes('gemini')) return undefined;
  const { total_tokens: total, prompt_tokens: input, completion_tokens: output } = record(usage);
  return Number(total) - Number(input) - (count(output) ?? 0);
}

function isUsageOnly({ choices, usage }: JsonRecord): boolean {
  return Boolean(usage) && !(Array.isArray(choices) && choices.length > 0);
}

/** Embeddings in OpenAI's format. Some servers state only the total. */
export const openaiEmbeddings: AnswerFormat = {
  model: 'model',
  usage: { 'text.input': 'prompt_tokens | total_tokens', providerCost },
};

/**
 * OpenAI's Responses API. `input_tokens` include cache reads and writes, `output_tokens` include reasoning. Neither includes
 * the tokens of pictures that a tool generated; those of its prompt have another price than those of the model.
 *
 * @see https://platform.openai.com/docs/api-reference/responses/object
 */
export const openaiResponse: AnswerFormat = {
  model: 'model',
  serviceTier: 'service_tier',
  total: responseTotal,
  usage: {
    'text.input': 'input_tokens',
    'text.output': 'output_tokens',
    input_tokens_details: {
      'text/text_cache_read.input': 'cached_tokens',
      'text/text_cache_write.input': 'cache_write_tokens',
    },
    output_tokens_details: { 'text/reasoning.output': 'reasoning_tokens' },
    // xAI.
    server_side_tool_usage_details: {
      'web_search_request.output': 'web_search_calls',
      'billable.x_search_calls': 'x_search_calls',
    },
    providerCost,
  },
  tool_usage: {
    'image.output': 'image_gen.output_tokens',
    'billable.image_generation_input_tokens': 'image_gen.input_tokens',
  },
  'web_search_request.output': searches,
  'billable.file_search_calls': ({ output }) => callsOf('file_search', output),
  'billable.code_interpreter_calls': ({ output }) => callsOf('code_interpreter', output),
  'billable.image_generation_calls': ({ output }) => callsOf('image_generation', output),
  providerResponseId: 'id',
  'system.stop_reason': 'incomplete_details.reason | status',
  // The code alone, because the message of an error may quote the prompt.
  'system.failure': 'error.code',
  output: { toolCalls: responseToolName },
};

function responseTotal({ usage, tool_usage }: JsonRecord): number {
  return (
    (count(record(usage).total_tokens) ?? Number.NaN) +
    (count(record(record(tool_usage).image_gen).output_tokens) ?? 0)
  );
}

function searches({ tool_usage, output }: JsonRecord): unknown {
  return record(record(tool_usage).web_search).num_requests ?? callsOf('web_search', output);
}

/** How often a hosted tool was called. To open a page that a search has found is a call, too, and free. */
function callsOf(tool: string, output: unknown): number {
  const isBilled = ({ type, action }: JsonRecord): boolean =>
    type === `${tool}_call` && (record(action).type ?? 'search') === 'search';
  return records(output).filter(isBilled).length;
}

/** `get_weather` of a `function_call`; `web_search` of a `web_search_call`, which has no name. */
function responseToolName({ type, name }: JsonRecord): unknown {
  return isText(type) && type.endsWith('_call') ? (name ?? type.slice(0, -'_call'.length)) : undefined;
}

/**
 * OpenAI's image generation and editing. Older models give no usage. `images` is their number, which the adapter adds.
 *
 * @see https://platform.openai.com/docs/api-reference/images/object
 */
export const openaiImages: AnswerFormat = {
  usage: {
    'text.input': 'input_tokens',
    'image.output': 'output_tokens',
    total: 'total_tokens',
    input_tokens_details: { 'text/vision.input': 'image_tokens' },
    output_tokens_details: { 'image/text.output': 'text_tokens' },
    providerCost,
  },
  'billable.images': 'images',
  'system.size': 'size',
  'system.quality': 'quality',
};

/**
 * OpenAI's transcriptions and translations. Models that are billed by the minute state seconds, for which Pay-i has no
 * unit.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/json-object
 */
export const openaiTranscript: AnswerFormat = {
  usage: {
    'text.input': 'input_tokens | prompt_tokens',
    'text.output': 'output_tokens | completion_tokens',
    total: 'total_tokens',
    input_token_details: { 'text/audio.input': 'audio_tokens' },
    'billable.audio_seconds': 'seconds | prompt_audio_seconds',
  },
  // Models that are billed by the token may state it, too.
  'billable.audio_seconds': ({ duration, usage }) => record(usage).input_tokens === undefined && duration,
};

/**
 * The end of streamed speech of OpenAI.
 *
 * @see https://platform.openai.com/docs/api-reference/audio/speech-audio-done-event
 */
export const openaiSpeech: AnswerFormat = {
  usage: { 'text.input': 'input_tokens', 'audio.output': 'output_tokens', total: 'total_tokens' },
};

/**
 * A video that OpenAI has begun to make.
 *
 * @see https://platform.openai.com/docs/api-reference/videos/object
 */
export const openaiVideo: AnswerFormat = {
  model: 'model',
  providerResponseId: 'id',
  'system.stop_reason': 'status',
  'system.size': 'size',
  'billable.video_seconds': 'seconds',
};

/** What a request asks for. */
export const openaiRequest: AnswerFormat = {
  serviceTier: 'service_tier',
  'system.size': 'size',
  'system.quality': 'quality',
  'billable.video_seconds': 'seconds',
  'billable.characters': ({ input }) => isText(input) && Array.from(input).length,
};

/** Google's modalities that Pay-i does not count as text. `DOCUMENT` is text, and so is what no detail mentions. */
const geminiMedia: readonly unknown[] = ['IMAGE', 'AUDIO', 'VIDEO'];

/** The number of tokens of one modality in `…TokensDetails`; without a modality, of text. */
function geminiTokens(
  usage: JsonRecord,
  name: 'prompt' | 'toolUsePrompt' | 'cache' | 'candidates',
  modality?: string,
): number | undefined {
  // Answers with embeddings say `promptTokenDetails`.
  const details = records(usage[`${name}TokensDetails`] ?? usage[`${name}TokenDetails`]);
  const sum = (isCounted: (detail: JsonRecord) => boolean): number =>
    details.filter(isCounted).reduce((tokens, detail) => tokens + (count(detail.tokenCount) ?? 0), 0);
  if (modality !== undefined) return sum((detail) => detail.modality === modality);
  const total = count(usage[name === 'cache' ? 'cachedContentTokenCount' : `${name}TokenCount`]);
  if (total === undefined && details.length === 0) return undefined;
  return Math.max(0, (total ?? sum(() => true)) - sum((detail) => geminiMedia.includes(detail.modality)));
}

/** The prompt, which includes what was read from a cache, and the results of tools, which come besides. */
function geminiInput(usage: JsonRecord, modality?: string): number | undefined {
  const prompt = geminiTokens(usage, 'prompt', modality);
  const results = geminiTokens(usage, 'toolUsePrompt', modality);
  if (prompt === undefined && results === undefined) return undefined;
  return Math.max(0, (prompt ?? 0) + (results ?? 0) - (geminiTokens(usage, 'cache', modality) ?? 0));
}

/**
 * Google's Gemini API and Vertex AI: content, a chunk of streamed content, embeddings, and the `predictions` of older models
 * of embeddings and of Imagen. Counts of chunks are cumulative. Thoughts are not among the tokens of the candidates.
 *
 * The first generation of Gemini was billed by characters and is retired, so that all models here are billed by tokens.
 *
 * Functions in place of calls, because a bundler keeps a call that nobody needs.
 *
 * @see https://ai.google.dev/api/generate-content#UsageMetadata
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
export const geminiAnswer: AnswerFormat = {
  usageMetadata: {
    'text.input': (usage) => geminiInput(usage),
    'vision.input': (usage) => geminiInput(usage, 'IMAGE'),
    'audio.input': (usage) => geminiInput(usage, 'AUDIO'),
    'video.input': (usage) => geminiInput(usage, 'VIDEO'),
    'text_cache_read.input': (usage) => geminiTokens(usage, 'cache'),
    'vision_cache_read.input': (usage) => geminiTokens(usage, 'cache', 'IMAGE'),
    'audio_cache_read.input': (usage) => geminiTokens(usage, 'cache', 'AUDIO'),
    'video_cache_read.input': (usage) => geminiTokens(usage, 'cache', 'VIDEO'),
    'text.output': (usage) => geminiTokens(usage, 'candidates'),
    'image.output': (usage) => geminiTokens(usage, 'candidates', 'IMAGE'),
    'audio.output': (usage) => geminiTokens(usage, 'candidates', 'AUDIO'),
    'video.output': (usage) => geminiTokens(usage, 'candidates', 'VIDEO'),
    'reasoning.output': 'thoughtsTokenCount',
    serviceTier: 'trafficType | serviceTier',
  },
  providerResponseId: 'responseId',
  model: 'modelVersion',
  candidates: {
    'system.stop_reason': 'finishReason',
    isLast: 'finishReason',
    // Searches with Google, which are billed by request or by query.
    'billable.search_queries': ({ groundingMetadata }) =>
      (record(groundingMetadata).webSearchQueries as unknown[] | undefined)?.length,
    'content.parts': {
      toolCalls: 'functionCall.name',
      hasContent: (part) => Object.values(part).some(Boolean),
    },
  },
  // A prompt that Google refuses has no candidates.
  'system.stop_reason': 'promptFeedback.blockReason',
  isLast: 'promptFeedback.blockReason',
  predictions: {
    'text.input': 'embeddings.statistics.token_count',
    'billable.images': ({ bytesBase64Encoded, gcsUri }) => (bytesBase64Encoded ?? gcsUri) && 1,
  },
  metadata: { 'billable.characters': 'billableCharacterCount' },
};
