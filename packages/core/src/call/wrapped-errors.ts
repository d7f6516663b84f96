import { isObject } from '../runtime.ts';
import { member, parseJson } from '../usage/json.ts';

/** Members where errors keep what they wrap: another error, or the answer that they were created from. */
const wrapping = [
  'cause',
  'error',
  'lastError',
  'errors',
  'responseBody',
  'data',
  'reason',
  'message',
] as const;
const mostLevels = 10;
const mostValues = 200;

/** Yields an object and the objects that it wraps, outermost first. Never throws, and always ends. */
export function* wrappedIn(value: unknown): Generator<object> {
  const seen = new Set<object>();
  let level = [value];
  for (let depth = 0; depth < mostLevels; depth += 1) {
    const inner: unknown[] = [];
    for (const outer of level) {
      if (!isObject(outer) || seen.has(outer) || seen.size === mostValues) continue;
      seen.add(outer);
      yield outer;
      for (const name of wrapping) {
        const content = name === 'data' ? ownData(outer) : member(outer, name);
        if (name !== 'errors') inner.push(typeof content === 'string' ? answerIn(content) : content);
        else
          for (let index = 0; index < listLength(content); index += 1)
            inner.push(member(content, `${index}`));
      }
    }
    level = inner;
  }
}

/** Pay-i's result in an answer, if it has one. Never throws. */
export function resultIn(answer: object): unknown {
  return member(answer, 'xproxy_result') ?? member(answer, 'proxy_result');
}

/** Parses an answer of Pay-i kept as text. */
function answerIn(text: string): unknown {
  return text.length < 1_000_000 && text.includes('proxy_') ? parseJson(text) : undefined;
}

/** An answer of Google inherits a getter of this name, which prints a warning. */
function ownData(outer: object): unknown {
  try {
    return Object.getOwnPropertyDescriptor(outer, 'data')?.value;
  } catch {
    return undefined;
  }
}

function listLength(value: unknown): number {
  const length = member(value, 'length');
  return typeof length === 'number' ? Math.min(length, mostValues) : 0;
}
