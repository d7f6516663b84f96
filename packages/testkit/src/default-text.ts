import type { JsonObject } from './json.ts';
import { promptTexts } from './prompt-text.ts';

const longestQuote = 80;

/** The text of an answer without a scripted text: a sentence that quotes the beginning of the last prompt. */
export function defaultText(request: JsonObject): string {
  const { system, systemInstruction, instructions, ...conversation } = request;
  const prompt = promptTexts(conversation).at(-1) ?? '';
  // Prompts for text completion have the form `Human: … Assistant:`.
  const question = prompt
    .replace(/^\s*Human:/, '')
    .replace(/\s*Assistant:\s*$/, '')
    .trim();
  const quote = [...question].slice(0, longestQuote).join('');
  return `This is a local answer to: ${quote}`;
}

/** Splits a text into words, each with the blanks before it. Joined, the words give the text again. */
export function splitIntoWords(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? [];
}
