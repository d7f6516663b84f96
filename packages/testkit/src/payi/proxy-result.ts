import { type JsonObject, parseJsonObject } from '../json.ts';
import type { LimitState } from './limit-state.ts';
import type { Cost } from './pricing.ts';
import type { Units } from './usage.ts';

/** The result of one call: the member `xproxy_result` of Pay-i's answers. Members that do not apply are absent. */
export interface ProxyResult {
  request_id: string;
  /** The resource that was priced. */
  resource_id?: string;
  user_id?: string;
  account_name?: string;
  use_case_id?: string;
  use_case_name?: string;
  use_case_step?: string;
  request_tags?: string[];
  limits?: Record<string, { state: LimitState }>;
  blocked_limit_ids?: string[];
  /** Absent if no price is known for the resource, and if nothing was used. */
  cost?: Cost;
  /** Units for which no price is known. */
  unknown_units?: Units;
  warnings?: string[];
}

/**
 * Adds one member to the end of a JSON object without changing any other byte.
 *
 * @param json - UTF-8 text.
 * @returns The longer text, or `undefined` when `json` is not a JSON object.
 */
export function addJsonMember(json: Uint8Array, name: string, value: unknown): Buffer | undefined {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  const object = parseJsonObject(bytes);
  if (!object) return undefined;
  const end = bytes.lastIndexOf('}');
  return Buffer.concat([
    bytes.subarray(0, end),
    Buffer.from(jsonMember(object, name, value)),
    bytes.subarray(end),
  ]);
}

/** The text that adds one member to `object` when it is inserted before the closing brace. It holds no line end. */
export function jsonMember(object: JsonObject, name: string, value: unknown): string {
  const separator = Object.keys(object).length > 0 ? ',' : '';
  return `${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
