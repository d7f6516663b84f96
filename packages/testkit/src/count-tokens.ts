/**
 * How many tokens the local Bedrock takes a text for: one for every four characters begun, counted in Unicode code
 * points. Real tokenizers differ by model; this rule is one that a test can work out by hand.
 */
export function countTokens(text: string): number {
  let codePoints = 0;
  for (const _ of text) codePoints += 1;
  return Math.ceil(codePoints / 4);
}
