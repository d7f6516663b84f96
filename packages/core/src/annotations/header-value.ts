import { HeaderEncodingError, InvalidAnnotationError } from '../errors.ts';
import { atob, btoa, utf8Length } from '../runtime.ts';

/**
 * How much these packages put into headers, in bytes. Node's and most servers' parsers stop at 16 KiB for all
 * headers of a request together, nginx at 8 KiB for one line; a signed AWS request with a session token needs about
 * 3 KiB for itself. Pay-i publishes no figure of its own.
 */
export const headerBudget = { valueBytes: 8000, totalBytes: 12_000 } as const;

const printable = /^[ -~]*$/;
const unprintable = /[\x7f-\uffff]/g;

/** What every header value must be, whatever it means: printable ASCII, no blank at an end, not too long. */
export function checkHeaderValue(key: string, headerName: string, value: string): void {
  const problem = !printable.test(value)
    ? 'holds characters outside printable ASCII; requestProperties and useCaseProperties carry any text'
    : /^ | $/.test(value)
      ? 'must not start or end with a blank'
      : value.length > headerBudget.valueBytes
        ? tooLong
        : undefined;
  if (problem !== undefined) throw new HeaderEncodingError(key, headerName, utf8Length(value), problem);
}

const tooLong = `exceeds ${headerBudget.valueBytes} bytes`;

/** Bytes that a header takes on the wire of HTTP/1.1: name, colon, blank, value, line end. */
export function wireLength(headerName: string, value: string): number {
  return headerName.length + value.length + 4;
}

/** Bytes that these headers take together. */
export function totalLength(headers: Readonly<Record<string, string>>): number {
  let totalBytes = 0;
  for (const name in headers) totalBytes += wireLength(name, headers[name] as string);
  return totalBytes;
}

/** @throws `HeaderEncodingError` when the headers of one call are larger together than {@link headerBudget}. */
export function checkTotal(key: string, totalBytes: number): void {
  if (totalBytes > headerBudget.totalBytes) {
    throw new HeaderEncodingError(key, 'xProxy-*', totalBytes, `exceed ${headerBudget.totalBytes} bytes`);
  }
}

/**
 * A property bag as it travels: compact JSON with everything above U+007E as `\uXXXX`, as Pay-i's Python helper writes
 * it, in padded base64.
 */
export function encodeJson(key: string, headerName: string, json: string): string {
  const value = btoa(
    printable.test(json) ? json : json.replace(unprintable, (character) => `\\u${hex(character, 4)}`),
  );
  if (value.length > headerBudget.valueBytes) checkHeaderValue(key, headerName, value);
  return value;
}

/**
 * The inverse of {@link encodeJson}. Also reads plain JSON, which is what Pay-i's Python helper gives, and
 * UTF-8 in place of escapes.
 */
export function decodeProperties(key: string, value: string): unknown {
  try {
    const bytes = value.trimStart().startsWith('{') ? value : atob(value);
    return JSON.parse(printable.test(bytes) ? bytes : decodeUtf8(bytes));
  } catch {
    // The cause is left out: JSON.parse quotes what it read.
    throw new InvalidAnnotationError(key, 'must be base64 of a JSON object');
  }
}

/** Padded, and without the spaces that decoders skip. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function decodeUtf8(bytes: string): string {
  return decodeURIComponent(bytes.replace(/[%\x80-\xff]/g, (byte) => `%${hex(byte, 2)}`));
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
