import type { BedrockAnswer, BytesAnswer, EventsAnswer, JsonAnswer } from '../bedrock-answer.ts';
import type { BedrockCall } from '../start-bedrock.ts';

/** Usage with every member that Converse has for it. */
const fullUsage = {
  inputTokens: 100,
  outputTokens: 20,
  totalTokens: 180,
  cacheReadInputTokens: 50,
  cacheWriteInputTokens: 10,
  cacheDetails: [
    { ttl: '5m', inputTokens: 7 },
    { ttl: '1h', inputTokens: 3 },
  ],
};

const guardrail = {
  inputAssessment: {
    gr1: {
      invocationMetrics: {
        guardrailProcessingLatency: 12,
        usage: {
          topicPolicyUnits: 1,
          contentPolicyUnits: 2,
          wordPolicyUnits: 3,
          sensitiveInformationPolicyUnits: 4,
          sensitiveInformationPolicyFreeUnits: 5,
          contextualGroundingPolicyUnits: 6,
        },
        guardrailCoverage: { textCharacters: { guarded: 30, total: 30 } },
      },
    },
  },
};

const closing = {
  metrics: { latencyMs: 321 },
  performanceConfig: { latency: 'optimized' },
  trace: { guardrail },
};

/** An answer of Converse with text, reasoning, use of tools, and all metadata. */
export const converseAnswer: JsonAnswer = {
  json: {
    output: {
      message: {
        role: 'assistant',
        content: [
          { text: 'Paris – 巴黎 – 🗼' },
          { reasoningContent: { reasoningText: { text: 'France…', signature: 'c2ln' } } },
          {
            toolUse: {
              toolUseId: 't0',
              name: 'map',
              input: { city: 'Paris', zoom: 1.5, nested: [null, true] },
            },
          },
          { toolUse: { toolUseId: 't1', name: 'now', input: {} } },
        ],
      },
    },
    stopReason: 'tool_use',
    usage: fullUsage,
    additionalModelResponseFields: { stop_sequence: null },
    ...closing,
  },
};

/** An answer of InvokeModel whose JSON changes when it is parsed and written again. */
export const invokeAnswer: BytesAnswer = {
  bytes: Buffer.from(
    '{ "type":"message",\n\t"content" : [{"type":"text","text":"Paris \\u2013 巴黎 🗼"}],"n":1.0e2,"n":1,' +
      '"usage":{"input_tokens":100,"output_tokens":20}}\n\n',
  ),
  contentType: 'application/json',
  headers: { 'x-amzn-bedrock-input-token-count': '100', 'x-amzn-bedrock-output-token-count': '20' },
};

/** A stream of ConverseStream with every kind of event, and an event that the SDK does not know. */
export const converseEvents: EventsAnswer = {
  events: [
    { event: 'messageStart', payload: { role: 'assistant' } },
    { event: 'contentBlockDelta', payload: { delta: { text: 'Paris' }, contentBlockIndex: 0 } },
    { event: 'contentBlockDelta', payload: { delta: { text: ' – 巴黎 🗼' }, contentBlockIndex: 0 } },
    { event: 'fromTheFuture', payload: { since: 2030 } },
    { event: 'contentBlockStop', payload: { contentBlockIndex: 0 } },
    {
      event: 'contentBlockStart',
      payload: { start: { toolUse: { toolUseId: 't0', name: 'map' } }, contentBlockIndex: 1 },
    },
    {
      event: 'contentBlockDelta',
      payload: { delta: { toolUse: { input: '{"city":' } }, contentBlockIndex: 1 },
    },
    {
      event: 'contentBlockDelta',
      payload: { delta: { toolUse: { input: '"Paris"}' } }, contentBlockIndex: 1 },
    },
    { event: 'contentBlockStop', payload: { contentBlockIndex: 1 } },
    { event: 'messageStop', payload: { stopReason: 'tool_use' } },
    { event: 'metadata', payload: { usage: fullUsage, ...closing } },
  ],
};

/** A stream of InvokeModelWithResponseStream: JSON, unusual JSON, bytes that are not JSON, and no bytes at all. */
export const invokeEvents: EventsAnswer = {
  events: [
    { chunk: { type: 'message_start', message: { usage: { input_tokens: 100, output_tokens: 1 } } } },
    { chunk: Buffer.from('{ "type":"content_block_delta",\n"delta":{"text":"Paris \\u2013 巴黎 🗼"} }\n') },
    { chunk: Buffer.from([0, 255, 254, 10, 13]) },
    { chunk: Buffer.alloc(0) },
    { event: 'fromTheFuture', payload: { since: 2030 } },
    {
      chunk: {
        type: 'message_stop',
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 100,
          outputTokenCount: 20,
          invocationLatency: 321,
        },
      },
    },
  ],
};

/** The same answer to each call of an operation. */
export function sampleAnswer({ operation }: Pick<BedrockCall, 'operation'>): BedrockAnswer | undefined {
  switch (operation) {
    case 'InvokeModel':
      return invokeAnswer;
    case 'InvokeModelWithResponseStream':
      return invokeEvents;
    case 'Converse':
      return converseAnswer;
    case 'ConverseStream':
      return converseEvents;
    default:
      return undefined;
  }
}
