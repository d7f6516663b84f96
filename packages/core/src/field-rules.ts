import type { Annotations, Properties } from './annotations.ts';
import { checkProperties, typeName } from './check-properties.ts';
import { InvalidAnnotationError } from './errors.ts';
import { headerNames } from './header-names.ts';
import {
  checkHeaderValue,
  decodeProperties,
  encodeJson,
  headerBudget,
  valueTooLong,
} from './header-value.ts';

type Field = keyof Annotations;

/** How one field of {@link Annotations} travels. */
export interface FieldRule {
  readonly field: Field;
  readonly headerName: string;
  /** Header value of a field that is neither `undefined` nor `null`; the empty text for "no header". */
  encode(value: unknown): string;
  /** Field of a header value that is not empty. Checks as strictly as `encode`. */
  decode(value: string): unknown;
}

/** What a field of plain text may hold, within printable ASCII, and how to say so. What matches can be sent as it is. */
interface TextLimit {
  readonly pattern: RegExp;
  readonly problem: string;
}

const anyText: TextLimit = {
  pattern: /^[!-~]([ -~]*[!-~])?$/,
  problem: 'must be printable ASCII without a blank at an end',
};
const useCaseNameLimit: TextLimit = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  problem: 'must be letters, digits, ".", "-" or "_", at most 64 of them (invalid_use_case_name)',
};
const userIdLimit: TextLimit = { pattern: /^[!-~]+$/, problem: 'must not hold blanks (invalid_user_id)' };
const limitIdLimit: TextLimit = {
  pattern: /^[ -+\--~]+$/,
  problem: 'must not hold a comma: commas separate the ids on the wire',
};
const tagLimit: TextLimit = {
  pattern: /^[A-Za-z0-9_-]+$/,
  problem: 'must be letters, digits, "_" or "-" (invalid_tags)',
};

/*
 * Applications say the same thing call after call, so each rule remembers the last value that it found good and what
 * that became. Only text is remembered, which cannot change: lists are compared member by member, bags as JSON.
 */

function text(field: Field, limit: TextLimit = anyText): FieldRule {
  const headerName = headerNames[field];
  let known = '';
  const encode = (value: unknown): string => {
    if (typeof value !== 'string') {
      throw new InvalidAnnotationError(field, `must be text, got ${typeName(value)}`);
    }
    if (value === known || value === '') return value;
    checkText(field, headerName, value, limit);
    known = value;
    return value;
  };
  return { field, headerName, encode, decode: encode };
}

function list(field: Field, limit: TextLimit): FieldRule {
  const headerName = headerNames[field];
  let known: readonly unknown[] = [];
  let knownHeader = '';
  return {
    field,
    headerName,
    encode(value) {
      if (!Array.isArray(value)) {
        throw new InvalidAnnotationError(field, `must be a list of text, got ${typeName(value)}`);
      }
      if (holdsSame(value, known)) return knownHeader;
      const texts: unknown[] = [];
      const members: string[] = [];
      for (let index = 0; index < value.length; index += 1) {
        const given: unknown = value[index];
        const member = typeof given === 'string' ? trim(given) : '';
        if (member !== '') {
          checkText(field, headerName, member, limit, index);
          members.push(member);
        }
        texts.push(typeof given === 'string' ? given : undefined);
      }
      const joined = members.join(',');
      if (joined.length > headerBudget.valueBytes) throw valueTooLong(field, headerName, joined.length);
      known = texts;
      knownHeader = joined;
      return joined;
    },
    decode(value) {
      const header = this.encode(value.split(','));
      return header === '' ? [] : header.split(',');
    },
  };
}

function holdsSame(values: readonly unknown[], known: readonly unknown[]): boolean {
  if (values.length !== known.length) return false;
  for (let index = 0; index < known.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'string' || value !== known[index]) return false;
  }
  return true;
}

/** A byte order mark is a blank to JavaScript only; it stays, and is refused like any other such character. */
function trim(text: string): string {
  const trimmed = text.trim();
  return trimmed !== text && text.includes('\ufeff') ? text : trimmed;
}

function bag(field: Field): FieldRule {
  const headerName = headerNames[field];
  let known = '';
  let knownHeader = '';
  return {
    field,
    headerName,
    encode(value) {
      checkProperties(field, value);
      const json = JSON.stringify(value);
      if (json === known) return knownHeader;
      if (json === '{}') return '';
      const header = encodeJson(field, headerName, json);
      known = json;
      knownHeader = header;
      return header;
    },
    decode(value) {
      const properties = decodeProperties(field, value);
      checkProperties(field, properties);
      return properties as Properties;
    },
  };
}

const version: FieldRule = {
  field: 'useCaseVersion',
  headerName: headerNames.useCaseVersion,
  encode(value) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new InvalidAnnotationError('useCaseVersion', 'must be an integer from 0 up');
    }
    return String(value);
  },
  decode(value) {
    const number = /^(0|[1-9]\d{0,15})$/.test(value) ? Number(value) : Number.NaN;
    return Number(this.encode(number));
  },
};

const logging: FieldRule = {
  field: 'logPromptAndResponse',
  headerName: headerNames.logPromptAndResponse,
  encode(value) {
    if (typeof value !== 'boolean') {
      throw new InvalidAnnotationError(
        'logPromptAndResponse',
        `must be true or false, got ${typeName(value)}`,
      );
    }
    // The header disables, and its value is spelled as Python spells it; the service minds the case.
    return value ? '' : 'True';
  },
  decode(value) {
    if (value !== 'True' && value !== 'False') {
      throw new InvalidAnnotationError('logPromptAndResponse', 'must travel as True or False');
    }
    return value === 'False';
  },
};

/** Every field of {@link Annotations}, in the order in which headers are written. */
export const fieldRules: Readonly<Record<Field, FieldRule>> = {
  limitIds: list('limitIds', limitIdLimit),
  requestTags: list('requestTags', tagLimit),
  userId: text('userId', userIdLimit),
  accountName: text('accountName'),
  useCaseId: text('useCaseId'),
  useCaseName: text('useCaseName', useCaseNameLimit),
  useCaseVersion: version,
  useCaseStep: text('useCaseStep'),
  useCaseProperties: bag('useCaseProperties'),
  requestProperties: bag('requestProperties'),
  priceAsCategory: text('priceAsCategory'),
  priceAsResource: text('priceAsResource'),
  resourceScope: text('resourceScope'),
  logPromptAndResponse: logging,
};

function checkText(field: Field, headerName: string, value: string, limit: TextLimit, index?: number): void {
  if (limit.pattern.test(value) && value.length <= headerBudget.valueBytes) return;
  const key = index === undefined ? field : `${field}[${index}]`;
  checkHeaderValue(key, headerName, value);
  throw new InvalidAnnotationError(key, limit.problem);
}
