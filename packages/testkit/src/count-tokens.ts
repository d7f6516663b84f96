/**
 * Counts the tokens of a text: its Unicode code points divided by four, rounded up. Real tokenizers differ by model;
 * the result of this rule can be worked out by hand.
 */
export function countTokens(text: string): number {
  let codePoints = 0;
  for (const _ of text) codePoints += 1;
  return Math.ceil(codePoints / 4);
}
