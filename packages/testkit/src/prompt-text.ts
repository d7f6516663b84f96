import { isJsonObject, type JsonObject } from './json.ts';

/** Members that hold text, directly or nested, in the request bodies of all model families and of Converse. */
const textMembers = new Set([
  'chat_history',
  'content',
  'input',
  'inputText',
  'message',
  'messages',
  'prompt',
  'system',
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

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? promptTexts(value) : [];
}
