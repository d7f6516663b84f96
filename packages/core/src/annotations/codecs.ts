import { InvalidAnnotationError } from '../errors.ts';
import { checkProperties, isCleared, wrongType } from './check-properties.ts';
import { checkHeaderValue, decodeProperties, encodeJson, headerBudget, isBase64 } from './header-value.ts';

/** Converts a value to the text of a header and back. */
export interface Codec {
  /**
   * @param value - Neither `undefined` nor `null`.
   * @returns Empty for no header.
   */
  encode(value: unknown): string;
  /**
   * Checks as strictly as {@link encode}.
   *
   * @param text - Not empty, without spaces at its ends.
   */
  decode(text: string): unknown;
  /**
   * Checks only the type: JSON can carry more than a header can.
   *
   * @param value - Neither `undefined` nor `null`.
   * @returns A copy, with the members of a list trimmed.
   */
  check(value: unknown): unknown;
  /** The text that a header can carry, or the same for each member of a list. */
  readonly fit?: { readonly pattern: RegExp; readonly maxLength: number };
  readonly isList?: true;
}

/**
 * What to send for a header that was read: its own text if {@link Codec.encode} could have written it, else the value
 * encoded again.
 *
 * @param value - The text, decoded.
 */
export function recode({ encode }: Codec, text: string, value: unknown): string {
  if (isCleared(value)) return '';
  const isCanonical =
    typeof value !== 'object' || (Array.isArray(value) ? !looseList.test(text) : isBase64(text));
  return isCanonical ? text : encode(value);
}

/** Matches lists with empty members, or spaces around members. */
const looseList = /^,|,$|,[,\s]|\s,/;

/** A codec whose errors name the field and the header. */
export type CodecOf = (field: string, headerName: string) => Codec;

/** Text that travels as it is. */
export function text(
  pattern: RegExp = /^[!-~](?:[ -~]*[!-~])?$/,
  problem = 'must be text',
  maxLength: number = headerBudget.valueBytes,
): CodecOf {
  return (field, headerName) => {
    const check = (value: unknown): string => {
      if (typeof value !== 'string') throw wrongType(field, 'text', value);
      return value;
    };
    const encode = (value: unknown): string => {
      const given = check(value);
      if (given !== '' && !(given.length <= maxLength && pattern.test(given))) {
        refuse(field, headerName, given, problem);
      }
      return given;
    };
    return { encode, decode: encode, check, fit: { pattern, maxLength } };
  };
}

/** Texts joined with a comma. Members are trimmed; empty members and those that are not text are left out. */
export function list(pattern: RegExp, problem: string): CodecOf {
  return (field, headerName) => {
    const encode = (values: unknown): string => {
      if (!Array.isArray(values)) throw wrongType(field, 'a list of text', values);
      let joined = '';
      for (let index = 0; index < values.length; index += 1) {
        let member: unknown = values[index];
        if (typeof member !== 'string') continue;
        if (!fits(member, pattern)) {
          member = trim(member);
          if (member === '') continue;
          if (!fits(member as string, pattern)) {
            refuse(`${field}[${index}]`, headerName, member as string, problem);
          }
        }
        joined += joined === '' ? member : `,${member}`;
      }
      if (joined.length > headerBudget.valueBytes) checkHeaderValue(field, headerName, joined);
      return joined;
    };
    const decode = (joined: string): readonly string[] => {
      const members = joined.split(',');
      if (members.every((member) => fits(member, pattern))) return members;
      const canonical = encode(members);
      return canonical === '' ? [] : canonical.split(',');
    };
    const check = (values: unknown): string[] => {
      if (!Array.isArray(values)) throw wrongType(field, 'a list of text', values);
      return values
        .filter((member) => typeof member === 'string')
        .map(trim)
        .filter((member) => member !== '');
    };
    return { encode, decode, check, fit: { pattern, maxLength: headerBudget.valueBytes }, isList: true };
  };
}

/** Keeps byte order marks, which `trim()` takes for spaces: they are refused like any other invalid character. */
function trim(member: string): string {
  const trimmed = member.trim();
  return trimmed !== member && member.includes('\ufeff') ? member : trimmed;
}

/** A property bag, as base64 of JSON. */
export const bag: CodecOf = (field, headerName) => {
  const encode = (properties: unknown): string => {
    checkProperties(field, properties);
    const json = JSON.stringify(properties);
    return json === '{}' ? '' : encodeJson(field, headerName, json);
  };
  return {
    encode,
    decode(base64) {
      if (base64.length > headerBudget.valueBytes) checkHeaderValue(field, headerName, base64);
      const properties = decodeProperties(field, base64);
      checkProperties(field, properties);
      return properties;
    },
    check(properties) {
      checkProperties(field, properties);
      return JSON.parse(JSON.stringify(properties));
    },
  };
};

/** An integer from 0 up, in decimal digits. */
export const wholeNumber: CodecOf = (field) => {
  const encode = (value: unknown): string => {
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw new InvalidAnnotationError(field, 'must be an integer from 0 up');
    }
    return `${value}`;
  };
  return {
    encode,
    decode: (digits) => Number(encode(/^(?:0|[1-9]\d*)$/.test(digits) ? Number(digits) : -1)),
    check: (value) => Number(encode(value)),
  };
};

/** `false` travels as Python's `True`, because the header disables logging; `true` sends no header. */
export const trueOrFalse: CodecOf = (field) => {
  const check = (value: unknown): boolean => {
    if (typeof value !== 'boolean') throw wrongType(field, 'true or false', value);
    return value;
  };
  return {
    encode: (value) => (check(value) ? '' : 'True'),
    decode(value) {
      if (value === 'True') return false;
      if (value === 'False') return true;
      throw new InvalidAnnotationError(field, 'must travel as True or False');
    },
    check,
  };
};

function fits(value: string, pattern: RegExp): boolean {
  return value.length <= headerBudget.valueBytes && pattern.test(value);
}

function refuse(key: string, headerName: string, value: string, problem: string): never {
  checkHeaderValue(key, headerName, value);
  throw new InvalidAnnotationError(key, problem);
}
