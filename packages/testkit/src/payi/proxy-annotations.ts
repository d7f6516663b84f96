import { ProxyError } from './proxy-error.ts';
import { proxyHeaderNames } from './proxy-headers.ts';

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

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Reads the annotations of a call, strictly: what Pay-i documents as refused is refused.
 *
 * @param headers - Keys in lower case.
 * @throws {@link ProxyError} with status 400 and the documented code, e.g. `invalid_tags`. A version that is not an
 *   integer and a logging flag other than `True` and `False` have no code of their own in Pay-i's list and give
 *   `request_processing_error`.
 * @see https://docs.pay-i.com/docs/list-of-all-supported-headers
 */
export function parseAnnotations(headers: Headers): ReceivedAnnotations {
  return withoutUndefined({
    limitIds: list(headers, 'limitIds', isLimitId, 'invalid_limit_ids'),
    requestTags: list(headers, 'requestTags', isTag, 'invalid_tags'),
    userId: text(headers, 'userId', isWithoutBlanks, 'invalid_user_id'),
    accountName: text(headers, 'accountName'),
    useCaseName: text(headers, 'useCaseName', isUseCaseName, 'invalid_use_case_name'),
    useCaseId: text(headers, 'useCaseId'),
    useCaseVersion: version(headers),
    useCaseStep: text(headers, 'useCaseStep'),
    useCaseProperties: properties(headers, 'useCaseProperties'),
    requestProperties: properties(headers, 'requestProperties'),
    priceAsCategory: text(headers, 'priceAsCategory'),
    priceAsResource: text(headers, 'priceAsResource'),
    resourceScope: text(headers, 'resourceScope'),
    logPromptAndResponse: loggingFlag(headers),
  });
}

type HeaderKey = keyof typeof proxyHeaderNames;

const isTag = (tag: string): boolean => /^[A-Za-z0-9_-]+$/.test(tag);
const isUseCaseName = (name: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(name);
const isWithoutBlanks = (id: string): boolean => !/\s/.test(id);
// A blank beside a comma also shows that the header came twice: HTTP joins repeated headers with ', '.
const isLimitId = (id: string): boolean => id !== '' && id === id.trim();

function text(
  headers: Headers,
  key: HeaderKey,
  isValid: (value: string) => boolean = () => true,
  code = 'request_processing_error',
): string | undefined {
  const value = headers[proxyHeaderNames[key]];
  if (!value) return undefined;
  if (!isValid(value)) throw refusal(code, key);
  return value;
}

function list(
  headers: Headers,
  key: HeaderKey,
  isValid: (member: string) => boolean,
  code: string,
): string[] | undefined {
  const members = text(headers, key)?.split(',');
  if (members && !members.every(isValid)) throw refusal(code, key);
  return members && [...new Set(members)];
}

function version(headers: Headers): number | undefined {
  const value = text(headers, 'useCaseVersion', (digits) => /^\d{1,10}$/.test(digits));
  return value === undefined ? undefined : Number(value);
}

function loggingFlag(headers: Headers): boolean | undefined {
  const value = text(headers, 'loggingDisable', (flag) => flag === 'True' || flag === 'False');
  return value === undefined ? undefined : value === 'False';
}

/** Standard base64 with padding, as the proxy endpoints are published to take it; raw JSON is refused. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function properties(headers: Headers, key: HeaderKey): Record<string, string | null> | undefined {
  const value = text(headers, key, (encoded) => base64.test(encoded), 'invalid_json');
  if (value === undefined) return undefined;
  const bag = parseJson(Buffer.from(value, 'base64'));
  const isBag = typeof bag === 'object' && bag !== null && !Array.isArray(bag);
  if (!isBag || !Object.values(bag).every((member) => member === null || typeof member === 'string')) {
    throw refusal('invalid_json', key);
  }
  return bag as Record<string, string | null>;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refusal(code: string, key: HeaderKey): ProxyError {
  return new ProxyError(400, code, `The header ${proxyHeaderNames[key]} does not hold a valid value.`);
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
