import type { JsonObject } from './json.ts';
import { promptTexts } from './prompt-text.ts';

const longestQuote = 80;

/** What the model says when no test says it for it: a sentence that quotes the beginning of the last thing it was told. */
export function defaultText(request: JsonObject): string {
  const { system: _, ...conversation } = request;
  const prompt = promptTexts(conversation).at(-1) ?? '';
  // Text completion wraps the question in turns.
  const question = prompt
    .replace(/^\s*Human:/, '')
    .replace(/\s*Assistant:\s*$/, '')
    .trim();
  const quote = [...question].slice(0, longestQuote).join('');
  return `This is a local answer to: ${quote}`;
}

/** Cuts a text into words, each with the blanks before it; joined they are the text again. */
export function splitIntoWords(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? [];
}
