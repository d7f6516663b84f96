import type { JsonAnswer } from '../bedrock-answer.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { SseAnswer } from '../provider-answer.ts';
import { randomId } from '../random-id.ts';
import { chatUsage } from './openai-usage.ts';
import type { ProviderReply } from './provider.ts';

/** A chat completion, or its stream. @see https://platform.openai.com/docs/api-reference/chat */
export function chatCompletion(reply: ProviderReply): JsonAnswer | SseAnswer {
  const { text, pieces, toolCalls, json } = reply;
  const calls = toolCalls.map((call) => ({
    id: randomId('call_', 24),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
  const finishReason = reply.stopReason ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  const tools = calls.length > 0 && { tool_calls: calls };
  const head = completion(reply, 'chatcmpl-');
  if (json.stream !== true) {
    const message = { role: 'assistant', content: text || null, ...tools, refusal: null, annotations: [] };
    const choice = { index: 0, message, logprobs: null, finish_reason: finishReason };
    return { json: { ...head, object: 'chat.completion', choices: [choice], usage: chatUsage(reply) } };
  }
  const deltas: JsonObject[] = [
    { role: 'assistant', content: calls.length > 0 ? null : '', refusal: null },
    ...pieces.map((content) => ({ content })),
    ...calls.map((call, index) => ({ tool_calls: [{ index, ...call }] })),
  ];
  const choices = [
    ...deltas.map((delta) => ({ index: 0, delta, logprobs: null, finish_reason: null })),
    { index: 0, delta: {}, logprobs: null, finish_reason: finishReason },
  ];
  return completionStream(reply, { ...head, object: 'chat.completion.chunk' }, choices);
}

/** A completion of the older kind, or its stream. @see https://platform.openai.com/docs/api-reference/completions */
export function textCompletion(reply: ProviderReply): JsonAnswer | SseAnswer {
  const { text, pieces, json, stopReason = 'stop' } = reply;
  const head = { ...completion(reply, 'cmpl-'), object: 'text_completion' };
  const choice = { index: 0, logprobs: null };
  if (json.stream !== true) {
    const choices = [{ text, ...choice, finish_reason: stopReason }];
    return { json: { ...head, choices, usage: chatUsage(reply) } };
  }
  return completionStream(reply, head, [
    ...pieces.map((piece) => ({ text: piece, ...choice, finish_reason: null })),
    { text: '', ...choice, finish_reason: stopReason },
  ]);
}

function completion({ model, request }: ProviderReply, prefix: string): JsonObject {
  return {
    id: randomId(prefix, 29),
    created: Math.floor(request.receivedAt.getTime() / 1000),
    model,
    service_tier: 'default',
    system_fingerprint: 'fp_local',
  };
}

/** With `stream_options.include_usage`, each chunk has `usage`, and the counts come in a chunk without choices. */
function completionStream(reply: ProviderReply, head: JsonObject, choices: readonly JsonObject[]): SseAnswer {
  const { stream_options: options } = reply.json;
  const hasUsage = isJsonObject(options) && options.include_usage === true;
  const chunks = choices.map((choice) => ({ ...head, choices: [choice], ...(hasUsage && { usage: null }) }));
  const counts = { ...head, choices: [], usage: chatUsage(reply) };
  return { events: [...chunks, ...(hasUsage ? [counts] : []), '[DONE]'].map((data) => ({ data })) };
}
