import { type AnnotationRow, annotationRows } from './annotation-rows.ts';
import type { Annotations } from './annotations.ts';
import type { Codec } from './codecs.ts';
import { headerBudget, totalLength } from './header-value.ts';
import type { MergedAnnotations } from './merge-annotations.ts';
import { rowOfHeader } from './parse-headers.ts';

/**
 * What happens to a call with an annotation that a header cannot carry.
 *
 * - `refuse`: the call fails with the error of {@link createHeaders}, before anything is sent.
 * - `fold`: the text is changed until the header can carry it; what cannot be changed is left out.
 * - `leave-out`: the call goes without this annotation.
 */
export type InvalidAnnotations = 'refuse' | 'fold' | 'leave-out';

/** Annotations as they are sent. */
export interface MendedAnnotations {
  /** Frozen, without empty fields. */
  readonly annotations: Annotations;
  readonly headers: Readonly<Record<string, string>>;
  /** What was changed, for the receipt. Names fields, not values. `undefined` if nothing was. */
  readonly warnings: readonly string[] | undefined;
}

/** How annotations are made to fit. */
export interface Mending {
  readonly policy: InvalidAnnotations;
  /** Whether they are sent as headers. If not, they are sent in an event, where any value of the right type fits. */
  readonly travels: boolean;
}

/**
 * Makes annotations fit.
 *
 * @param given - Without empty fields. A field read from a header may hold the header's text.
 * @param otherBytes - Bytes of the other headers that share the budget.
 * @throws `PayiError` when an annotation does not fit and the policy is `refuse`.
 */
export function mendAnnotations(
  { policy, travels }: Mending,
  given: Annotations,
  otherBytes = 0,
): MendedAnnotations {
  const annotations: MergedAnnotations = { ...given };
  const headers: Record<string, string> = {};
  const warnings: string[] = [];
  for (const row of annotationRows) {
    const { field, headerName, isList, check, encode, decode } = row;
    const found = annotations[field];
    if (found === undefined) continue;
    const value = isList === true && typeof found === 'string' ? check(found.split(',')) : found;
    annotations[field] = value;
    let text = '';
    try {
      if (travels) text = encode(value);
      else check(value);
    } catch (error) {
      if (policy === 'refuse') throw error;
      // If it were left out, Pay-i might keep a prompt that the caller meant to protect.
      if (field === 'logPromptAndResponse') text = encode(false);
      else if (policy === 'fold' && travels) text = folded(row, value);
      if (text === '') delete annotations[field];
      else annotations[field] = decode(text);
      warnings.push(`annotation ${text === '' ? 'left out' : 'folded'}: ${(error as Error).message}`);
    }
    if (travels && text !== '') headers[headerName] = text;
  }
  const longestFirst = Object.entries(headers).sort(([, one], [, other]) => other.length - one.length);
  for (const [name] of longestFirst) {
    if (totalLength(headers) + otherBytes <= headerBudget.totalBytes) break;
    const { field } = rowOfHeader(name) as AnnotationRow;
    delete headers[name];
    delete annotations[field];
    warnings.push(
      `annotation left out: ${field} is the longest of headers that exceed ${headerBudget.totalBytes} bytes`,
    );
  }
  return {
    annotations: Object.freeze(annotations) as Annotations,
    headers,
    warnings: warnings.length === 0 ? undefined : warnings,
  };
}

/** @returns Empty if the value cannot be changed, or nothing of it would be left. */
function folded({ fit, isList }: Codec, value: unknown): string {
  if (fit === undefined) return '';
  if (isList !== true) return foldText(value as string, fit);
  let joined = '';
  for (const member of value as string[]) {
    const text = foldText(member, fit);
    const longer = joined === '' ? text : `${joined},${text}`;
    if (text !== '' && longer.length <= headerBudget.valueBytes) joined = longer;
  }
  return joined;
}

/** Letters that Unicode normalization does not decompose. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
};

/**
 * Removes accents, replaces each character that the header cannot carry by `_`, and truncates text that is too long.
 * Returns empty text if no letter or digit is left.
 */
function foldText(text: string, { pattern, maxLength }: NonNullable<Codec['fit']>): string {
  const fitting = text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .trim()
    .replace(/./gsu, (character) => {
      const plain = letters[character] ?? character;
      return pattern.test(`a${plain}a`) ? plain : '_';
    })
    .slice(0, maxLength)
    .trimEnd();
  return /[A-Za-z\d]/.test(fitting) ? fitting : '';
}
