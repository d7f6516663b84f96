/**
 * A UUID, the form of Cohere's ids.
 *
 * @param answerNumber - As in `ModelReply`.
 * @param kind - What the id names: an answer may have one for itself and one for what was generated.
 */
export function cohereId(answerNumber: number, kind: 'generation' | 'response'): string {
  const variant = { generation: '8001', response: '8002' }[kind];
  return `00000000-0000-4000-${variant}-${answerNumber.toString(16).padStart(12, '0')}`;
}
