import { isJsonObject, type JsonObject } from './json.ts';

/** Members that hold text or lead to it, in the request bodies of all model families and of Converse. */
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
 * The texts of a request that its model has to read, in order: prompts, messages, system prompts. Images, documents
 * and the descriptions of tools are left out, so they count for no tokens.
 */
export function promptTexts(request: JsonObject): string[] {
  return Object.entries(request).flatMap(([name, value]) => (textMembers.has(name) ? textsIn(value) : []));
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? promptTexts(value) : [];
}
