import type { Annotations, Properties } from './annotations.ts';
import { checkProperties, typeName } from './check-properties.ts';
import { InvalidAnnotationError } from './errors.ts';
import { headerNames } from './header-names.ts';
import { checkHeaderValue, decodeProperties, encodeProperties } from './header-value.ts';

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

/** One rule for a field of plain text: a pattern the service is documented to enforce, and how to say so. */
interface TextLimit {
  readonly pattern: RegExp;
  readonly problem: string;
}

const useCaseNameLimit: TextLimit = {
  pattern: /^[A-Za-z0-9._-]{1,64}$/,
  problem: 'must be letters, digits, ".", "-" or "_", at most 64 of them (invalid_use_case_name)',
};
const userIdLimit: TextLimit = { pattern: /^[^\s]*$/, problem: 'must not hold blanks (invalid_user_id)' };
const limitIdLimit: TextLimit = {
  pattern: /^[^,]*$/,
  problem: 'must not hold a comma: commas separate the ids on the wire',
};
const tagLimit: TextLimit = {
  pattern: /^[A-Za-z0-9_-]*$/,
  problem: 'must be letters, digits, "_" or "-" (invalid_tags)',
};

function text(field: Field, limit?: TextLimit): FieldRule {
  const headerName = headerNames[field];
  const encode = (value: unknown): string => {
    if (typeof value !== 'string')
      throw new InvalidAnnotationError(field, `must be text, got ${typeName(value)}`);
    if (value !== '') checkText(field, headerName, value, limit);
    return value;
  };
  return { field, headerName, encode, decode: encode };
}

function list(field: Field, limit: TextLimit): FieldRule {
  const headerName = headerNames[field];
  const members = (values: readonly unknown[]): string[] => {
    const kept: string[] = [];
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index];
      if (typeof value !== 'string') continue;
      const member = value.includes('\ufeff') ? value : value.trim();
      if (member === '') continue;
      checkText(`${field}[${index}]`, headerName, member, limit);
      kept.push(member);
    }
    return kept;
  };
  return {
    field,
    headerName,
    encode(value) {
      if (!Array.isArray(value)) {
        throw new InvalidAnnotationError(field, `must be a list of text, got ${typeName(value)}`);
      }
      const joined = members(value).join(',');
      checkHeaderValue(field, headerName, joined);
      return joined;
    },
    decode: (value) => members(value.split(',')),
  };
}

function bag(field: Field): FieldRule {
  const headerName = headerNames[field];
  return {
    field,
    headerName,
    encode(value) {
      checkProperties(field, value);
      return encodeProperties(field, headerName, value);
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
export const fieldRules: ReadonlyMap<string, FieldRule> = new Map(
  [
    list('limitIds', limitIdLimit),
    list('requestTags', tagLimit),
    text('userId', userIdLimit),
    text('accountName'),
    text('useCaseId'),
    text('useCaseName', useCaseNameLimit),
    version,
    text('useCaseStep'),
    bag('useCaseProperties'),
    bag('requestProperties'),
    text('priceAsCategory'),
    text('priceAsResource'),
    text('resourceScope'),
    logging,
  ].map((rule) => [rule.field, rule]),
);

function checkText(key: string, headerName: string, value: string, limit: TextLimit | undefined): void {
  checkHeaderValue(key, headerName, value);
  if (limit !== undefined && !limit.pattern.test(value)) throw new InvalidAnnotationError(key, limit.problem);
}
