/** Whole answers and refusals of an operation, as its provider writes them. */
export interface AnswerFormat {
  whole(text: string): object;
  refusal(
    status: number,
    code: string,
  ): { readonly body: object; readonly headers?: Readonly<Record<string, string>> };
}

const message = (text: string): object => ({
  ...{ id: 'msg_01', type: 'message', role: 'assistant', model: 'claude-opus-4-5' },
  ...{ stop_reason: 'end_turn', stop_sequence: null, content: [{ type: 'text', text }] },
  usage: { input_tokens: 12, output_tokens: 34 },
});
const completion = (content: string): object => ({
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o-2024-08-06' },
  choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
});
const response = (text: string): object => ({
  ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'gpt-4o-2024-08-06' },
  ...{ error: null, incomplete_details: null, parallel_tool_calls: true, tools: [] },
  output: [
    {
      ...{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' },
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: { input_tokens: 100, output_tokens: 50, total_tokens: 150 },
});

const ofAws: AnswerFormat['refusal'] = (_, code) => ({
  body: { message: `it is ${code}` },
  headers: { 'x-amzn-errortype': code, 'x-amzn-requestid': 'req_1' },
});
const ofAnthropic: AnswerFormat['refusal'] = (_, type) => ({
  body: { type: 'error', error: { type, message: `it is ${type}` } },
  headers: { 'request-id': 'req_1' },
});
const ofOpenAI: AnswerFormat['refusal'] = (_, code) => ({
  body: { error: { message: `it is ${code}`, type: 'some_type', code, param: 'model' } },
});
const ofGoogle: AnswerFormat['refusal'] = (code, status) => ({
  body: { error: { code, message: `it is ${status}`, status } },
});

export const invokeAnswer: AnswerFormat = { whole: message, refusal: ofAws };
export const converseAnswer: AnswerFormat = {
  whole: (text) => ({
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 12, outputTokens: 34, totalTokens: 46 },
    metrics: { latencyMs: 1 },
  }),
  refusal: ofAws,
};
export const messagesAnswer: AnswerFormat = { whole: message, refusal: ofAnthropic };
export const chatAnswer: AnswerFormat = { whole: completion, refusal: ofOpenAI };
export const responseAnswer: AnswerFormat = { whole: response, refusal: ofOpenAI };
export const geminiAnswer: AnswerFormat = {
  whole: (text) => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
    ...{ responseId: 'resp_1', modelVersion: 'gemini-2.5-flash' },
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 50, totalTokenCount: 150 },
  }),
  refusal: ofGoogle,
};
