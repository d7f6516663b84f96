import { isUtf8 } from 'node:buffer';
import { isJsonObject, parseJsonObject } from '../json.ts';
import { ProxyError } from './proxy-error.ts';

/** The annotations of one call as Pay-i read them from its `xProxy-*` headers. Absent or empty headers are left out. */
export interface ReceivedAnnotations {
  limitIds?: string[];
  requestTags?: string[];
  userId?: string;
  accountName?: string;
  useCaseName?: string;
  /** Made up by Pay-i when a name came without an id. */
  useCaseId?: string;
  useCaseVersion?: number;
  useCaseStep?: string;
  useCaseProperties?: Record<string, string | null>;
  requestProperties?: Record<string, string | null>;
  priceAsCategory?: string;
  priceAsResource?: string;
  resourceScope?: string;
  /** False for `xProxy-Logging-Disable: True`, true for `False`. */
  logPromptAndResponse?: boolean;
}

/** How values of one type travel. */
interface ValueType {
  /** @returns `undefined` for the text of a header that is not valid. */
  decode(header: string): unknown;
  /** Pay-i's error code for such a header. */
  readonly code: string;
  /** Whether an event of the ingest API may hold the value. Pay-i checks headers more strictly. */
  isMember(value: unknown): boolean;
}

/** How one annotation travels to Pay-i, and into results. */
interface AnnotationRow extends ValueType {
  /** In lower case. */
  readonly header: string;
  /** The member of an event of the ingest API; absent if events do not carry the annotation. */
  readonly member?: string;
  /** Whether the body of the single endpoint has the member too. That endpoint takes the other annotations as headers. */
  readonly isInBody?: true;
  /** Whether results repeat the member. */
  readonly isInResult?: true;
}

/** The code for what has none of its own in Pay-i's list. */
const generalCode = 'request_processing_error';

const isText = (value: unknown): boolean => typeof value === 'string';

const text = (pattern = /^/, code = generalCode): ValueType => ({
  decode: (value) => (pattern.test(value) ? value : undefined),
  code,
  isMember: isText,
});

const list = (pattern: RegExp, code: string): ValueType => ({
  decode(value) {
    const members = value.split(',');
    return members.every((member) => pattern.test(member)) ? [...new Set(members)] : undefined;
  },
  code,
  isMember: (value) => Array.isArray(value) && value.every(isText),
});

const integer: ValueType = {
  decode: (digits) => (/^\d{1,10}$/.test(digits) ? Number(digits) : undefined),
  code: generalCode,
  isMember: Number.isInteger,
};

/** Standard base64 with padding, as the API description of the proxy endpoints asks for; raw JSON is refused. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const isProperties = (value: unknown): boolean =>
  isJsonObject(value) && Object.values(value).every((member) => member === null || isText(member));

const properties: ValueType & Pick<AnnotationRow, 'isInBody'> = {
  decode(value) {
    const bytes = Buffer.from(value, 'base64');
    const object = base64.test(value) && isUtf8(bytes) ? parseJsonObject(bytes) : undefined;
    return isProperties(object) ? object : undefined;
  },
  code: 'invalid_json',
  isMember: isProperties,
  isInBody: true,
};

const loggingDisabled: ValueType = {
  decode: (flag) => (flag === 'True' || flag === 'False' ? flag === 'False' : undefined),
  code: generalCode,
  isMember: () => false,
};

/**
 * Every annotation. Names and rules are written out here rather than taken from `@payi/core`: a backend that shared its
 * client's spelling could not notice a wrong one.
 */
export const annotationRows: Readonly<Record<keyof ReceivedAnnotations, AnnotationRow>> = {
  limitIds: {
    header: 'xproxy-limit-ids',
    member: 'limit_ids',
    // HTTP joins repeated headers with ', ', so a blank beside a comma also shows that the header came twice.
    ...list(/^\S(?:.*\S)?$/, 'invalid_limit_ids'),
  },
  requestTags: {
    header: 'xproxy-request-tags',
    member: 'request_tags',
    isInResult: true,
    ...list(/^[A-Za-z0-9_-]+$/, 'invalid_tags'),
  },
  userId: {
    header: 'xproxy-user-id',
    member: 'user_id',
    isInResult: true,
    ...text(/^\S+$/, 'invalid_user_id'),
  },
  accountName: { header: 'xproxy-account-name', member: 'account_name', isInResult: true, ...text() },
  useCaseName: {
    header: 'xproxy-usecase-name',
    member: 'use_case_name',
    isInResult: true,
    ...text(/^[A-Za-z0-9._-]{1,64}$/, 'invalid_use_case_name'),
  },
  useCaseId: { header: 'xproxy-usecase-id', member: 'use_case_id', isInResult: true, ...text() },
  useCaseVersion: { header: 'xproxy-usecase-version', member: 'use_case_version', ...integer },
  useCaseStep: { header: 'xproxy-usecase-step', member: 'use_case_step', isInResult: true, ...text() },
  useCaseProperties: { header: 'xproxy-usecase-properties', member: 'use_case_properties', ...properties },
  requestProperties: { header: 'xproxy-request-properties', member: 'properties', ...properties },
  priceAsCategory: { header: 'xproxy-priceas-category', ...text() },
  priceAsResource: { header: 'xproxy-priceas-resource', ...text() },
  resourceScope: { header: 'xproxy-resource-scope', member: 'scope', ...text() },
  logPromptAndResponse: { header: 'xproxy-logging-disable', ...loggingDisabled },
};

/**
 * Reads the annotations of a call, strictly: what Pay-i documents as refused is refused.
 *
 * @param headers - Keys in lower case.
 * @throws {@link ProxyError} with status 400 and the documented code, e.g. `invalid_tags`. A version that is not an
 *   integer and a logging flag other than `True` and `False` have no code of their own in Pay-i's list and give
 *   `request_processing_error`.
 * @see https://docs.pay-i.com/docs/list-of-all-supported-headers
 */
export function parseAnnotations(headers: Readonly<Record<string, string | undefined>>): ReceivedAnnotations {
  return collectAnnotations((row) => {
    const { header } = row;
    const value = headers[header];
    if (!value) return undefined;
    const annotation = row.decode(value);
    if (annotation !== undefined) return annotation;
    throw new ProxyError(400, row.code, `The header ${header} does not hold a valid value.`);
  });
}

/** Takes each annotation from where its row says it is; `undefined` leaves one out. */
export function collectAnnotations(read: (row: AnnotationRow) => unknown): ReceivedAnnotations {
  const annotations = Object.entries(annotationRows).map(([field, row]) => [field, read(row)] as const);
  return Object.fromEntries(annotations.filter(([, value]) => value !== undefined));
}

/** @returns The annotations that results repeat, as members of a result. */
export function resultMembers(annotations: ReceivedAnnotations): object {
  const rows = Object.entries(annotationRows) as [keyof ReceivedAnnotations, AnnotationRow][];
  return Object.fromEntries(
    rows
      .filter(([field, { isInResult }]) => isInResult && annotations[field] !== undefined)
      .map(([field, { member }]) => [member, annotations[field]]),
  );
}
