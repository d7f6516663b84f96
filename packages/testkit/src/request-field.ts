import { parseJsonObject } from './json.ts';

/** A member of a JSON body, or a text field of a form (`multipart/form-data`). */
export function requestField(body: Uint8Array, name: string): unknown {
  const json = parseJsonObject(body);
  if (json !== undefined) return json[name];
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const [, field] =
    new RegExp(
      `^--.*?\\r\\n[\\s\\S]*?name="${name}"(?:\\r\\n[^\\r\\n]+)*\\r\\n\\r\\n([^\\r\\n]+)\\r\\n`,
    ).exec(text) ?? [];
  return field;
}
