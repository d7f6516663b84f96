/** Every canned answer says that the model read and wrote so many tokens. */
export const tokens = { input: 412, output: 187 } as const;

const sentence = 'A bottle that knows when you are thirsty, and says so before you do. ';
const content = sentence.repeat(10);

/** Stands in a template where each answer has an id of its own. */
const idPlace = 'ID-OF-THE-ANSWER';

/** What Pay-i's proxy adds to an answer. */
const result = {
  xproxy_result: {
    request_id: `request-${idPlace}`,
    resource_id: '1207',
    limits: { monthly_budget: { state: 'ok' }, team_budget: { state: 'ok' } },
    cost: {
      currency: 'usd',
      input: { base: 0.001236 },
      output: { base: 0.002805 },
      total: { base: 0.004041 },
    },
  },
};

const message = {
  id: `msg_${idPlace}`,
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-5',
  content: [{ type: 'text', text: content }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: tokens.input, output_tokens: tokens.output },
};

const completion = {
  id: `chatcmpl-${idPlace}`,
  object: 'chat.completion',
  created: 1_764_000_000,
  model: 'gpt-4o-2024-08-06',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: tokens.input,
    completion_tokens: tokens.output,
    total_tokens: tokens.input + tokens.output,
  },
};

/** @returns What makes the text of the next answer: the same but for the id. */
function template(body: object, isProxied: boolean): () => string {
  const pieces = JSON.stringify(isProxied ? { ...body, ...result } : body).split(idPlace);
  return () => pieces.join(nextId());
}

export const messageBodies = (isProxied: boolean): (() => string) => template(message, isProxied);
export const completionBodies = (isProxied: boolean): (() => string) => template(completion, isProxied);

let answers = 0;

/** An id that no answer had. */
export function nextId(): string {
  answers += 1;
  return `0000-${answers}`;
}
