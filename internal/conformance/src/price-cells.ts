import type * as formats from '../../../packages/core/src/usage/formats.ts';
import { eventBytes } from '../../../packages/testkit/src/render-events.ts';
import type { WireEvent } from './stream-formats.ts';

/** What a price may depend on, by the name that the readers' tables give it, and the warnings of the receipt. */
export type PriceCells = Readonly<Record<string, number | string | readonly string[]>>;

/** Where a fact of the bill comes from. */
export type Source = 'body' | 'stream' | 'response-headers' | 'request';

/**
 * One answer of one operation, and all that its receipt has to say about the price. What is not named must not be in the
 * receipt, so that each row has an answer to every dimension.
 */
export interface PriceRow {
  readonly provider: 'openai' | 'anthropic' | 'google' | 'bedrock';
  /** As its receipt names it. */
  readonly operation: string;
  readonly source: Source;
  /** Tells rows of one operation apart. */
  readonly of?: string;
  /** The tables of the readers that it covers. */
  readonly formats: readonly (keyof typeof formats)[];
  /** Body of the request; of Bedrock, the input of the command. */
  readonly request?: object;
  /** Path at the provider. Bedrock's SDK knows its own. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whole answer: JSON, or text as it is. */
  readonly body?: object | string;
  readonly events?: readonly WireEvent[];
  readonly contentType?: string;
  /** Absent: the call has no receipt, because it costs nothing or is not metered. */
  readonly cells?: PriceCells;
  /** Of the receipts of other models that worked on the answer. */
  readonly others?: readonly PriceCells[];
}

export const unpriced = 'no count that Pay-i prices was found in the answer';
const uncountedGuardrail = 'the answer does not count its guardrail units, which are billed';

const sse = (data: unknown, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const typed = (event: { readonly type: string; readonly [member: string]: unknown }): string =>
  sse(event, event.type);
const frames = 'application/vnd.amazon.eventstream';
const chunk = (event: object): Uint8Array => eventBytes({ chunk: event });
const frame = (event: string, payload: object): Uint8Array => eventBytes({ event, payload });

// OpenAI

const openai = (operation: string, row: Omit<PriceRow, 'provider' | 'operation' | 'path'>): PriceRow => ({
  provider: 'openai',
  operation,
  path: `/v1/${operation}`,
  ...row,
});

const chatUsage = {
  prompt_tokens: 200,
  completion_tokens: 100,
  total_tokens: 300,
  prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10, image_tokens: 20, audio_tokens: 30 },
  completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 15, image_tokens: 5 },
  server_tool_use: { web_search_requests: 2 },
  citation_tokens: 7,
  num_sources_used: 3,
  prompt_audio_seconds: 4.5,
  cost: 0.25,
};
const chatCells = {
  'text.input': 100,
  'text.output': 60,
  'text_cache_read.input': 40,
  'text_cache_write.input': 10,
  'vision.input': 20,
  'audio.input': 30,
  'audio.output': 15,
  'image.output': 5,
  'reasoning.output': 20,
  'web_search_request.output': 2,
  'billable.citation_tokens': 7,
  'billable.search_sources': 3,
  'billable.audio_seconds': 4.5,
  providerCost: 0.25,
  serviceTier: 'flex',
};
const choice = { index: 0, finish_reason: 'stop' };
const smallUsage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
const smallCells = { 'text.input': 9, 'text.output': 2 };

const responseUsage = {
  input_tokens: 100,
  output_tokens: 50,
  total_tokens: 150,
  input_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
  output_tokens_details: { reasoning_tokens: 20 },
  server_side_tool_usage_details: { web_search_calls: 2, x_search_calls: 3 },
  cost_in_usd_ticks: 2_500_000_000,
};
const response = {
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-5',
  service_tier: 'priority',
  output: [
    { type: 'file_search_call' },
    { type: 'code_interpreter_call' },
    { type: 'image_generation_call' },
  ],
  tool_usage: { image_gen: { input_tokens: 9, output_tokens: 7 } },
  usage: responseUsage,
};
const responseCells = {
  'text.input': 50,
  'text.output': 30,
  'text_cache_read.input': 40,
  'text_cache_write.input': 10,
  'reasoning.output': 20,
  'image.output': 7,
  'web_search_request.output': 2,
  'billable.x_search_calls': 3,
  'billable.image_generation_input_tokens': 9,
  'billable.file_search_calls': 1,
  'billable.code_interpreter_calls': 1,
  'billable.image_generation_calls': 1,
  providerCost: 0.25,
  serviceTier: 'priority',
};

const imageUsage = {
  input_tokens: 50,
  output_tokens: 100,
  total_tokens: 150,
  input_tokens_details: { image_tokens: 30, text_tokens: 20 },
  output_tokens_details: { text_tokens: 10, image_tokens: 90 },
  cost: 0.25,
};
const imageCells = {
  'text.input': 20,
  'text.output': 10,
  'vision.input': 30,
  'image.output': 90,
  'billable.images': 1,
  'system.size': '1024x1024',
  'system.quality': 'low',
  providerCost: 0.25,
};
const picture = { size: '1024x1024', quality: 'low', usage: imageUsage };

const transcriptUsage = {
  type: 'tokens',
  input_tokens: 30,
  output_tokens: 10,
  total_tokens: 40,
  input_token_details: { audio_tokens: 25, text_tokens: 5 },
};
const transcriptCells = { 'text.input': 5, 'text.output': 10, 'audio.input': 25 };

const openaiRows: readonly PriceRow[] = [
  openai('chat/completions', {
    source: 'body',
    formats: ['openaiChat'],
    request: { model: 'm' },
    body: { service_tier: 'flex', choices: [{ ...choice, message: {} }], usage: chatUsage },
    cells: chatCells,
  }),
  openai('chat/completions', {
    source: 'stream',
    formats: ['openaiChat'],
    request: { model: 'm', stream: true },
    events: [
      sse({ service_tier: 'flex', choices: [{ ...choice, delta: { content: 'Hi' } }] }),
      sse({ service_tier: 'flex', choices: [], usage: chatUsage }),
      sse('[DONE]'),
    ],
    cells: chatCells,
  }),
  openai('chat/completions', {
    of: 'a server that counts nothing',
    source: 'stream',
    formats: ['openaiChat'],
    request: { model: 'm', stream: true },
    events: [sse({ choices: [{ ...choice, delta: { content: 'Hi' } }] }), sse('[DONE]')],
    cells: { warnings: [unpriced] },
  }),
  openai('chat/completions', {
    of: 'counts that are not the total',
    source: 'body',
    formats: ['openaiChat'],
    request: { model: 'm' },
    body: { choices: [choice], usage: { ...smallUsage, total_tokens: 12 } },
    cells: {
      ...smallCells,
      warnings: ['the answer states 12 tokens in total, and its counts add up to 11'],
    },
  }),
  openai('chat/completions', {
    of: 'a tier that the answer does not name',
    source: 'request',
    formats: ['openaiRequest'],
    request: { model: 'm', service_tier: 'priority' },
    body: { choices: [choice], usage: smallUsage },
    cells: { ...smallCells, serviceTier: 'priority' },
  }),
  openai('completions', {
    source: 'body',
    formats: ['openaiChat'],
    request: { model: 'm' },
    body: { choices: [{ ...choice, text: 'Hi' }], usage: smallUsage },
    cells: smallCells,
  }),
  openai('responses', {
    source: 'body',
    formats: ['openaiResponse'],
    request: { model: 'm' },
    body: response,
    cells: responseCells,
  }),
  openai('responses', {
    source: 'stream',
    formats: ['openaiResponse'],
    request: { model: 'm', stream: true },
    events: [
      typed({ type: 'response.created', response: { id: 'resp_1', model: 'gpt-5', status: 'in_progress' } }),
      typed({ type: 'response.completed', response }),
    ],
    cells: responseCells,
  }),
  openai('responses', {
    of: 'searches, and a page that was opened',
    source: 'body',
    formats: ['openaiResponse'],
    request: { model: 'm' },
    body: {
      status: 'completed',
      output: [
        { type: 'web_search_call', action: { type: 'search' } },
        { type: 'web_search_call', action: { type: 'open_page' } },
      ],
      usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
    },
    cells: { ...smallCells, 'web_search_request.output': 1 },
  }),
  openai('responses', {
    of: 'the beginning of one in the background',
    source: 'body',
    formats: ['openaiResponse'],
    request: { model: 'm', background: true },
    body: { id: 'resp_2', status: 'queued', output: [], usage: null },
    cells: { warnings: ['the answer is not whole: its status is queued', unpriced] },
  }),
  openai('embeddings', {
    source: 'body',
    formats: ['openaiEmbeddings'],
    request: { model: 'm', input: 'x' },
    body: { data: [{ embedding: [0.1] }], usage: { prompt_tokens: 8, total_tokens: 8, cost: 0.25 } },
    cells: { 'text.input': 8, providerCost: 0.25 },
  }),
  ...['images/generations', 'images/edits'].flatMap((operation) => [
    openai(operation, {
      source: 'body',
      formats: ['openaiImages'],
      request: { model: 'm' },
      body: { data: [{ b64_json: 'aGk=' }], ...picture },
      cells: imageCells,
    }),
    openai(operation, {
      source: 'stream',
      formats: ['openaiImages'],
      request: { model: 'm', stream: true },
      events: [typed({ type: 'image_generation.completed', b64_json: 'aGk=', ...picture })],
      cells: imageCells,
    }),
  ]),
  openai('images/generations', {
    of: 'a model that is billed by the picture',
    source: 'request',
    formats: ['openaiRequest'],
    request: { model: 'm', size: '512x512', quality: 'hd' },
    body: { data: [{ url: 'u' }, { url: 'u' }] },
    cells: { 'billable.images': 2, 'system.size': '512x512', 'system.quality': 'hd', warnings: [unpriced] },
  }),
  openai('images/variations', {
    source: 'body',
    formats: ['openaiImages'],
    request: {},
    body: { data: [{ url: 'u' }] },
    cells: { 'billable.images': 1, warnings: [unpriced] },
  }),
  openai('audio/transcriptions', {
    source: 'body',
    formats: ['openaiTranscript'],
    request: { model: 'm' },
    body: { text: 'Hi', usage: transcriptUsage },
    cells: transcriptCells,
  }),
  openai('audio/transcriptions', {
    source: 'stream',
    formats: ['openaiTranscript'],
    request: { model: 'm', stream: true },
    events: [
      typed({ type: 'transcript.text.delta', delta: 'Hi' }),
      typed({ type: 'transcript.text.done', text: 'Hi', usage: transcriptUsage }),
    ],
    cells: transcriptCells,
  }),
  openai('audio/transcriptions', {
    of: 'a model that is billed by the minute',
    source: 'body',
    formats: ['openaiTranscript'],
    request: { model: 'm' },
    body: { text: 'Hi', usage: { type: 'duration', seconds: 12 } },
    cells: { 'billable.audio_seconds': 12, warnings: [unpriced] },
  }),
  openai('audio/transcriptions', {
    of: 'tokens, and how long it took',
    source: 'body',
    formats: ['openaiTranscript'],
    request: { model: 'm' },
    body: { text: 'Hi', duration: 7, usage: transcriptUsage },
    cells: transcriptCells,
  }),
  openai('audio/translations', {
    source: 'body',
    formats: ['openaiTranscript'],
    request: { model: 'm' },
    body: { text: 'Hi', duration: '12.50' },
    cells: { 'billable.audio_seconds': 12.5, warnings: [unpriced] },
  }),
  openai('audio/speech', {
    source: 'request',
    formats: ['openaiRequest'],
    request: { model: 'm', input: 'Grüße 🙂' },
    body: 'sound',
    contentType: 'audio/mpeg',
    cells: { 'billable.characters': 7, warnings: [unpriced] },
  }),
  openai('audio/speech', {
    source: 'stream',
    formats: ['openaiSpeech'],
    request: { model: 'm', input: 'Hi' },
    events: [
      typed({ type: 'speech.audio.delta', audio: 'aGk=' }),
      typed({
        type: 'speech.audio.done',
        usage: { input_tokens: 5, output_tokens: 20, total_tokens: 25 },
      }),
    ],
    cells: { 'text.input': 5, 'audio.output': 20, 'billable.characters': 2 },
  }),
  openai('videos', {
    source: 'body',
    formats: ['openaiVideo', 'openaiRequest'],
    request: { model: 'm', seconds: '4' },
    body: { id: 'video_1', status: 'queued', seconds: '8', size: '1280x720' },
    cells: {
      'billable.video_seconds': 8,
      'system.size': '1280x720',
      warnings: ['the answer is not whole: its status is queued', unpriced],
    },
  }),
  // What docs/openai.md says is not metered.
  ...['moderations', 'vector_stores/vs_1/search', 'responses/compact', 'realtime/client_secrets'].map(
    (operation) =>
      openai(operation, { source: 'body', formats: [], request: {}, body: { usage: smallUsage } }),
  ),
];

// Anthropic

const claudeUsage = {
  input_tokens: 12,
  output_tokens: 34,
  cache_read_input_tokens: 1000,
  cache_creation_input_tokens: 100,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 80 },
  output_tokens_details: { thinking_tokens: 4 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 3, code_execution_requests: 1 },
  service_tier: 'priority',
  inference_geo: 'us',
  speed: 'fast',
};
const claudeCells = {
  'text.input': 12,
  'text.output': 30,
  'reasoning.output': 4,
  'text_cache_read.input': 1000,
  'text_cache_write.input': 20,
  'text_cache_write_1h.input': 80,
  'web_search_request.output': 2,
  'billable.web_fetches': 3,
  'billable.code_executions': 1,
  serviceTier: 'priority',
  scope: 'datazone.us',
  'system.speed': 'fast',
};
const message = { type: 'message', model: 'claude-opus-4-6', stop_reason: 'end_turn', usage: claudeUsage };
const messageEvents = (encode: (event: { type: string; [member: string]: unknown }) => WireEvent) => [
  encode({
    type: 'message_start',
    message: { ...message, usage: { ...claudeUsage, output_tokens: 1, output_tokens_details: null } },
  }),
  encode({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: claudeUsage }),
  encode({ type: 'message_stop' }),
];
const messages = {
  provider: 'anthropic',
  operation: 'messages',
  path: '/v1/messages',
  formats: ['anthropicMessage', 'anthropicUsage'],
} as const;
const asked = { model: 'claude-opus-4-6' };

const anthropicRows: readonly PriceRow[] = [
  { ...messages, source: 'body', request: asked, body: message, cells: claudeCells },
  {
    ...messages,
    source: 'stream',
    request: { ...asked, stream: true },
    events: messageEvents(typed),
    cells: claudeCells,
  },
  {
    ...messages,
    of: 'a compaction, and an advisor',
    source: 'body',
    formats: ['anthropicUsage'],
    request: asked,
    body: {
      ...message,
      usage: {
        input_tokens: 12,
        output_tokens: 34,
        iterations: [
          { type: 'compaction', input_tokens: 100, output_tokens: 10 },
          { type: 'advisor_message', model: 'claude-haiku-4-5', input_tokens: 7, output_tokens: 3 },
          { type: 'message', model: 'claude-opus-4-6', input_tokens: 12, output_tokens: 34 },
        ],
      },
    },
    cells: { 'text.input': 112, 'text.output': 44 },
    others: [{ 'text.input': 7, 'text.output': 3 }],
  },
];

// Google

const modalities = (text: number, image: number, audio: number, video: number): object[] => [
  { modality: 'TEXT', tokenCount: text },
  { modality: 'IMAGE', tokenCount: image },
  { modality: 'AUDIO', tokenCount: audio },
  { modality: 'VIDEO', tokenCount: video },
];
const gemini = {
  candidates: [
    {
      finishReason: 'STOP',
      content: { parts: [{ text: 'Hi' }] },
      groundingMetadata: { webSearchQueries: ['a', 'b'] },
    },
  ],
  usageMetadata: {
    promptTokenCount: 100,
    promptTokensDetails: modalities(10, 20, 30, 40),
    toolUsePromptTokenCount: 9,
    cachedContentTokenCount: 22,
    cacheTokensDetails: modalities(4, 5, 6, 7),
    candidatesTokenCount: 50,
    candidatesTokensDetails: modalities(32, 5, 6, 7),
    thoughtsTokenCount: 20,
    trafficType: 'PROVISIONED_THROUGHPUT',
  },
};
const geminiCells = {
  'text.input': 15,
  'vision.input': 15,
  'audio.input': 24,
  'video.input': 33,
  'text_cache_read.input': 4,
  'vision_cache_read.input': 5,
  'audio_cache_read.input': 6,
  'video_cache_read.input': 7,
  'text.output': 32,
  'image.output': 5,
  'audio.output': 6,
  'video.output': 7,
  'reasoning.output': 20,
  'billable.search_queries': 2,
  serviceTier: 'PROVISIONED_THROUGHPUT',
};
const google = (
  operation: string,
  row: Omit<PriceRow, 'provider' | 'operation' | 'path' | 'formats'>,
): PriceRow => ({
  provider: 'google',
  operation,
  path: `/v1/projects/p/locations/us-central1/publishers/google/models/m:${operation}`,
  formats: ['geminiAnswer'],
  request: {},
  ...row,
});

const googleRows: readonly PriceRow[] = [
  google('generateContent', { source: 'body', body: gemini, cells: geminiCells }),
  google('streamGenerateContent', { source: 'stream', events: [sse(gemini)], cells: geminiCells }),
  google('embedContent', {
    source: 'body',
    body: { embedding: { values: [0.1] }, usageMetadata: { promptTokenCount: 7 } },
    cells: { 'text.input': 7 },
  }),
  google('batchEmbedContents', {
    source: 'body',
    body: { embeddings: [], usageMetadata: { promptTokenDetails: [{ modality: 'TEXT', tokenCount: 7 }] } },
    cells: { 'text.input': 7 },
  }),
  google('predict', {
    of: 'pictures of Imagen',
    source: 'body',
    body: { predictions: [{ bytesBase64Encoded: 'aGk=' }, { gcsUri: 'gs://b' }] },
    cells: { 'billable.images': 2, warnings: [unpriced] },
  }),
  google('predict', {
    of: 'embeddings',
    source: 'body',
    body: {
      predictions: [{ embeddings: { statistics: { token_count: 5 } } }],
      metadata: { billableCharacterCount: 20 },
    },
    cells: { 'text.input': 5, 'billable.characters': 20 },
  }),
  google('countTokens', { source: 'body', body: { totalTokens: 5 } }),
];

// Bedrock

type BedrockRow = Omit<PriceRow, 'provider' | 'operation' | 'contentType'>;
const bedrock = (operation: string, { request = {}, ...row }: BedrockRow): PriceRow => ({
  provider: 'bedrock',
  operation,
  ...(row.events && { contentType: frames }),
  request: { modelId: 'some.model', ...request },
  ...row,
});
const invoke = (of: string, { request, ...row }: Omit<BedrockRow, 'of'>): PriceRow =>
  bedrock('InvokeModel', { of, ...row, request: { body: '{}', ...request } });
const invokeStream = (of: string, row: Omit<BedrockRow, 'of' | 'source'>): PriceRow =>
  bedrock('InvokeModelWithResponseStream', { of, source: 'stream', request: { body: '{}' }, ...row });

const converseUsage = {
  inputTokens: 12,
  outputTokens: 34,
  totalTokens: 1146,
  cacheReadInputTokens: 1000,
  cacheWriteInputTokens: 100,
  cacheDetails: [
    { ttl: '5m', inputTokens: 20 },
    { ttl: '1h', inputTokens: 80 },
  ],
};
const converseUnits = {
  'text.input': 12,
  'text.output': 34,
  'text_cache_read.input': 1000,
  'text_cache_write.input': 20,
  'text_cache_write_1h.input': 80,
};
const guardrailUsage = {
  topicPolicyUnits: 1,
  contentPolicyUnits: 2,
  contentPolicyImageUnits: 3,
  wordPolicyUnits: 4,
  automatedReasoningPolicyUnits: 5,
  sensitiveInformationPolicyUnits: 6,
  sensitiveInformationPolicyFreeUnits: 7,
  contextualGroundingPolicyUnits: 8,
};
const guardrailCells = {
  'guardrail_topic.input': 1,
  'guardrail_content.input': 2,
  'guardrail_content_image.input': 3,
  'guardrail_word_free.input': 4,
  'guardrail_automated_reasoning.input': 5,
  'guardrail_sensitive_information.input': 6,
  'guardrail_sensitive_information_free.input': 7,
  'guardrail_contextual_grounding.input': 8,
};
const assessment = { gr1: { invocationMetrics: { usage: guardrailUsage } } };
const served = {
  serviceTier: { type: 'flex' },
  performanceConfig: { latency: 'optimized' },
  trace: {
    promptRouter: { invokedModelId: 'amazon.nova-lite-v1:0' },
    guardrail: { inputAssessment: assessment },
  },
};
const servedCells = {
  serviceTier: 'flex',
  'system.speed': 'optimized',
  routedTo: 'amazon.nova-lite-v1:0',
  ...guardrailCells,
};
const conversation = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] };
const small = { inputTokens: 9, outputTokens: 2 };

const tokenCounts = {
  'x-amzn-bedrock-input-token-count': '12',
  'x-amzn-bedrock-output-token-count': '34',
  'x-amzn-bedrock-cache-read-input-token-count': '1000',
  'x-amzn-bedrock-cache-write-input-token-count': '100',
};
const metrics = {
  'amazon-bedrock-invocationMetrics': {
    inputTokenCount: 12,
    outputTokenCount: 34,
    cacheReadInputTokenCount: 1000,
    cacheWriteInputTokenCount: 100,
  },
};
const countedCells = {
  'text.input': 12,
  'text.output': 34,
  'text_cache_read.input': 1000,
  'text_cache_write.input': 100,
};
const picturesOfNova = {
  imageGenerationConfig: { numberOfImages: 2, width: 512, height: 768, quality: 'premium' },
};
const json = JSON.stringify;

const bedrockRows: readonly PriceRow[] = [
  bedrock('Converse', {
    source: 'body',
    formats: ['converse', 'guardrailUsage'],
    request: conversation,
    body: { output: {}, stopReason: 'end_turn', usage: converseUsage, ...served },
    cells: { ...converseUnits, ...servedCells },
  }),
  bedrock('ConverseStream', {
    source: 'stream',
    formats: ['converse', 'guardrailUsage'],
    request: conversation,
    events: [
      frame('messageStart', { role: 'assistant' }),
      frame('messageStop', { stopReason: 'end_turn' }),
      frame('metadata', { usage: converseUsage, metrics: { latencyMs: 1 }, ...served }),
    ],
    cells: { ...converseUnits, ...servedCells },
  }),
  bedrock('Converse', {
    of: 'tier and speed that the answer does not name, and a guardrail without its trace',
    source: 'request',
    formats: ['bedrockInput'],
    request: {
      ...conversation,
      serviceTier: { type: 'priority' },
      performanceConfig: { latency: 'optimized' },
      guardrailConfig: { guardrailIdentifier: 'gr-1', guardrailVersion: '1' },
    },
    body: { output: {}, stopReason: 'end_turn', usage: small },
    cells: {
      'text.input': 9,
      'text.output': 2,
      serviceTier: 'priority',
      'system.speed': 'optimized',
      warnings: [uncountedGuardrail],
    },
  }),
  invoke('Claude', {
    source: 'body',
    formats: ['anthropicMessage'],
    body: message,
    cells: claudeCells,
  }),
  invokeStream('Claude', {
    formats: ['anthropicMessage'],
    events: messageEvents(chunk),
    cells: claudeCells,
  }),
  invoke('Nova', {
    source: 'body',
    formats: ['converse'],
    body: {
      output: { message: {} },
      usage: { ...small, cacheReadInputTokenCount: 4, cacheWriteInputTokenCount: 3 },
    },
    cells: {
      'text.input': 9,
      'text.output': 2,
      'text_cache_read.input': 4,
      'text_cache_write.input': 3,
    },
  }),
  invokeStream('Nova', {
    formats: ['converse'],
    events: [chunk({ contentBlockDelta: { delta: { text: 'Hi' } } }), chunk({ metadata: { usage: small } })],
    cells: { 'text.input': 9, 'text.output': 2 },
  }),
  invoke('Llama', {
    source: 'body',
    formats: ['llama'],
    body: { generation: 'Hi', prompt_token_count: 9, generation_token_count: 2, stop_reason: 'stop' },
    cells: smallCells,
  }),
  invokeStream('Llama', {
    formats: ['llama'],
    events: [
      chunk({ generation: 'Hi', prompt_token_count: 9, generation_token_count: 1, stop_reason: null }),
      chunk({ generation: '', prompt_token_count: null, generation_token_count: 2, stop_reason: 'stop' }),
    ],
    cells: smallCells,
  }),
  invoke('Titan text', {
    source: 'body',
    formats: ['titan'],
    body: { inputTextTokenCount: 9, results: [{ tokenCount: 2, completionReason: 'FINISH' }] },
    cells: smallCells,
  }),
  invokeStream('Titan text', {
    formats: ['titan'],
    events: [
      chunk({
        outputText: 'Hi',
        inputTextTokenCount: 9,
        totalOutputTextTokenCount: 2,
        completionReason: 'FINISH',
      }),
    ],
    cells: smallCells,
  }),
  invoke('Titan embeddings, of a text and a picture', {
    source: 'body',
    formats: ['titan', 'bedrockRequest'],
    request: { body: json({ inputText: 'x', inputImage: 'aGk=' }) },
    body: { embedding: [0.1], inputTextTokenCount: 9 },
    cells: { 'text.input': 9, 'vision.input': 1 },
  }),
  invoke('Cohere', {
    source: 'body',
    formats: ['cohere'],
    body: {
      generation_id: 'g',
      meta: { billed_units: { input_tokens: 9, output_tokens: 2, images: 3, search_units: 4 } },
    },
    cells: { ...smallCells, 'vision.input': 3, 'billable.rerank_searches': 4 },
  }),
  invokeStream('Cohere', {
    formats: ['cohere'],
    events: [
      chunk({ event_type: 'text-generation', text: 'Hi', is_finished: false }),
      chunk({
        event_type: 'stream-end',
        is_finished: true,
        response: { meta: { billed_units: { input_tokens: 9, output_tokens: 2 } } },
      }),
    ],
    cells: smallCells,
  }),
  invoke('a reranker that does not count', {
    source: 'request',
    formats: ['bedrockRequest'],
    request: { body: json({ query: 'q', documents: Array.from({ length: 101 }, () => 'd') }) },
    body: { results: [] },
    cells: { 'billable.rerank_searches': 2, warnings: [unpriced] },
  }),
  invoke('the format of OpenAI', {
    source: 'body',
    formats: ['openaiChat'],
    body: { choices: [choice], usage: smallUsage },
    cells: smallCells,
  }),
  invokeStream('the format of OpenAI', {
    formats: ['openaiChat', 'invocationMetrics'],
    events: [
      chunk({ choices: [{ ...choice, delta: {} }], usage: smallUsage }),
      chunk({ choices: [], ...metrics }),
    ],
    cells: {
      ...countedCells,
      ...smallCells,
      warnings: [
        'sources disagree on text.input: stream 9, metrics 12',
        'sources disagree on text.output: stream 2, metrics 34',
        'the answer states 11 tokens in total, and its counts add up to 1111',
      ],
    },
  }),
  invoke('Mistral text, which counts nothing itself', {
    source: 'response-headers',
    formats: ['tokenCountHeaders', 'servedHeaders', 'mistralText'],
    headers: {
      ...tokenCounts,
      'x-amzn-bedrock-service-tier': 'flex',
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
    },
    body: { outputs: [{ text: 'Hi', stop_reason: 'stop' }] },
    cells: { ...countedCells, serviceTier: 'flex', 'system.speed': 'optimized' },
  }),
  invokeStream('Mistral text, which counts nothing itself', {
    formats: ['invocationMetrics', 'mistralText'],
    events: [chunk({ outputs: [{ text: 'Hi', stop_reason: 'stop' }], ...metrics })],
    cells: countedCells,
  }),
  invoke('a model that nobody counts', {
    source: 'body',
    formats: ['mistralText'],
    body: { outputs: [{ text: 'Hi', stop_reason: 'stop' }] },
    cells: { warnings: [unpriced] },
  }),
  invoke('pictures', {
    source: 'body',
    formats: ['bedrockImages', 'bedrockRequest'],
    request: { body: json(picturesOfNova) },
    body: { images: ['aGk=', 'aGk='] },
    cells: { 'image.output': 2, 'system.size': '512x768', 'system.quality': 'premium' },
  }),
  bedrock('ApplyGuardrail', {
    source: 'body',
    formats: ['guardrailUsage'],
    request: { guardrailIdentifier: 'gr-1', guardrailVersion: '1', source: 'INPUT', content: [] },
    body: { action: 'NONE', usage: guardrailUsage, outputs: [], assessments: [] },
    cells: guardrailCells,
  }),
  bedrock('StartAsyncInvoke', {
    source: 'request',
    formats: ['bedrockRequest'],
    request: {
      modelInput: { videoGenerationConfig: { durationSeconds: 12, dimension: '1280x720' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
    },
    body: { invocationArn: 'arn:aws:bedrock:us-east-1:1:async-invoke/a' },
    cells: {
      'billable.video_seconds': 12,
      'system.size': '1280x720',
      warnings: ['the job was only submitted: this is what was asked for, not what came of it', unpriced],
    },
  }),
  bedrock('InvokeModelWithBidirectionalStream', {
    source: 'stream',
    formats: ['novaSonic'],
    events: [
      chunk({ event: { textOutput: { content: 'Hi' } } }),
      chunk({
        event: {
          usageEvent: {
            details: {
              total: {
                input: { speechTokens: 10, textTokens: 3 },
                output: { speechTokens: 20, textTokens: 6 },
              },
            },
          },
        },
      }),
    ],
    cells: { 'text.input': 3, 'text.output': 6, 'audio.input': 10, 'audio.output': 20 },
  }),
  bedrock('CountTokens', { source: 'body', formats: [], request: { input: {} }, body: { inputTokens: 5 } }),
];

export const priceRows: readonly PriceRow[] = [
  ...openaiRows,
  ...anthropicRows,
  ...googleRows,
  ...bedrockRows,
];
