import { parseJsonObject } from '../json.ts';

/** The name of an unknown resource in Pay-i's own clients. */
const unknownModel = 'system.unknown_model';

/** The model that a request names in its body: the member of a JSON object, or the field of a form. */
export function requestedModel(body: Uint8Array): string {
  const model = parseJsonObject(body)?.model;
  if (typeof model === 'string' && model !== '') return model;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const [, field] = /^--.*?\r\n[\s\S]*?name="model"(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]+)\r\n/.exec(text) ?? [];
  return field ?? unknownModel;
}
