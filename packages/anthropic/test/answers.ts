/** A whole answer of the Messages API, as small as it can be. */
export const message = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'c',
  content: [],
  usage: { input_tokens: 1 },
};
