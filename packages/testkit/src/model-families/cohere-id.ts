/**
 * A UUID, the form of Cohere's ids.
 *
 * @param answerNumber - As in `ModelReply`.
 * @param kind - An answer can have one id for itself and another for the generated text.
 */
export function cohereId(answerNumber: number, kind: 'generation' | 'response'): string {
  const variant = { generation: '8001', response: '8002' }[kind];
  return `00000000-0000-4000-${variant}-${answerNumber.toString(16).padStart(12, '0')}`;
}
