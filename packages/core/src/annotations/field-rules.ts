import { InvalidAnnotationError } from '../errors.ts';
import type { Annotations, Properties } from './annotations.ts';
import { jsonOfProperties, wrongType } from './check-properties.ts';
import { headerNames } from './header-names.ts';
import { checkHeaderValue, decodeProperties, encodeJson, headerBudget } from './header-value.ts';

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
  problem: 'must be text',
};
const useCaseNameLimit: TextLimit = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  problem: 'must be 1 to 64 letters, digits, ".", "-" or "_" (invalid_use_case_name)',
};
const userIdLimit: TextLimit = { pattern: /^[!-~]+$/, problem: 'must not hold blanks (invalid_user_id)' };
const limitIdLimit: TextLimit = {
  pattern: /^[ -+\--~]+$/,
  problem: 'must not hold a comma, which separates ids on the wire',
};
const tagLimit: TextLimit = {
  pattern: /^[A-Za-z0-9_-]+$/,
  problem: 'must be letters, digits, "_" or "-" (invalid_tags)',
};

/*
 * Applications say the same thing call after call, so each rule remembers the last value that it found good, and what
 * became of it. Only text is remembered, which cannot change: a list member by member, a bag as JSON.
 */

function text(field: Field, limit: TextLimit = anyText): FieldRule {
  const headerName = headerNames[field];
  let known = '';
  const encode = (value: unknown): string => {
    if (typeof value !== 'string') throw wrongType(field, 'text', value);
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
    encode(values) {
      if (!Array.isArray(values)) throw wrongType(field, 'a list of text', values);
      if (values.length === known.length && known.every((text, index) => text === values[index]))
        return knownHeader;
      let joined = '';
      for (let index = 0; index < values.length; index += 1) {
        const member = typeof values[index] === 'string' ? trim(values[index]) : '';
        if (member === '') continue;
        // A key is made for an error only.
        if (!isGood(member, limit)) checkText(`${field}[${index}]`, headerName, member, limit);
        joined += joined === '' ? member : `,${member}`;
      }
      if (joined.length > headerBudget.valueBytes) checkHeaderValue(field, headerName, joined);
      // What is no text matches nothing; `from`, because `map` would leave holes, which `every` skips.
      known = Array.from(values, (value: unknown) => (typeof value === 'string' ? value : Symbol()));
      knownHeader = joined;
      return joined;
    },
    decode(value) {
      const header = this.encode(value.split(','));
      return header === '' ? [] : header.split(',');
    },
  };
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
      const json = jsonOfProperties(field, value);
      if (json === '{}') return '';
      if (json !== known) {
        knownHeader = encodeJson(field, headerName, json);
        known = json;
      }
      return knownHeader;
    },
    decode(value) {
      const properties = decodeProperties(field, value);
      jsonOfProperties(field, properties);
      return properties as Properties;
    },
  };
}

const version: FieldRule = {
  field: 'useCaseVersion',
  headerName: headerNames.useCaseVersion,
  encode(value) {
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw new InvalidAnnotationError('useCaseVersion', 'must be an integer from 0 up');
    }
    return `${value}`;
  },
  decode(value) {
    return Number(this.encode(/^(0|[1-9]\d*)$/.test(value) ? Number(value) : -1));
  },
};

const logging: FieldRule = {
  field: 'logPromptAndResponse',
  headerName: headerNames.logPromptAndResponse,
  encode(value) {
    if (typeof value !== 'boolean') throw wrongType('logPromptAndResponse', 'true or false', value);
    // The header disables, and its value is spelled as Python spells it; the service minds the case.
    return value ? '' : 'True';
  },
  decode(value) {
    if (value === 'True') return false;
    if (value === 'False') return true;
    throw new InvalidAnnotationError('logPromptAndResponse', 'must travel as True or False');
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

function isGood(value: string, limit: TextLimit): boolean {
  return limit.pattern.test(value) && value.length <= headerBudget.valueBytes;
}

function checkText(key: string, headerName: string, value: string, limit: TextLimit): void {
  if (isGood(value, limit)) return;
  checkHeaderValue(key, headerName, value);
  throw new InvalidAnnotationError(key, limit.problem);
}
