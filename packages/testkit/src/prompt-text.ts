import { countTokens } from './count-tokens.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** Members that hold text, directly or nested, in the request bodies of all providers. */
const textMembers = new Set([
  'chat_history',
  'content',
  'contents',
  'input',
  'inputText',
  'instances',
  'instructions',
  'message',
  'messages',
  'parts',
  'prompt',
  'requests',
  'system',
  'systemInstruction',
  'text',
  'texts',
  'toolResult',
]);

/**
 * The texts of a request in order: prompts, messages, system prompts. Images, documents and descriptions of tools are
 * left out, so they count no tokens.
 */
export function promptTexts(request: JsonObject): string[] {
  return Object.entries(request).flatMap(([name, value]) => (textMembers.has(name) ? textsIn(value) : []));
}

/** Counts the tokens of all texts of a request. */
export function countPrompt(request: JsonObject): number {
  return countTokens(promptTexts(request).join(''));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? promptTexts(value) : [];
}
