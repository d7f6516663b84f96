import type { Annotations } from './annotations.ts';
import { bag, type Codec, type CodecOf, list, text, trueOrFalse, wholeNumber } from './codecs.ts';
import { headerNames } from './header-names.ts';

type Field = keyof Annotations;

/** How one field of {@link Annotations} travels. */
export interface AnnotationRow extends Codec {
  readonly field: Field;
  readonly headerName: string;
  /** The same in lower case, as `Headers` has it. */
  readonly lowerCaseName: string;
  /**
   * Its member in an event for the ingest API. `undefined`: the field's name in snake case. `null`: an event has no such
   * member.
   */
  readonly itemName: string | null | undefined;
  /** Whether it describes the use case that it was given with, so that another use case does not inherit it. */
  readonly isOfUseCase: boolean;
}

interface Travel {
  readonly as: CodecOf;
  readonly itemName?: string | null;
  readonly isOfUseCase?: true;
}

/**
 * One row per annotation, in the order in which headers are written. The headers' names are in {@link headerNames},
 * whose literal types are public.
 */
const travels: { readonly [Name in Field]: Travel } = {
  limitIds: {
    as: list(/^[!-+\--~](?:[ -+\--~]*[!-+\--~])?$/, 'must not hold a comma, which separates ids on the wire'),
  },
  requestTags: {
    as: list(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, "_" or "-" (invalid_tags)'),
  },
  userId: { as: text(/^[!-~]+$/, 'must not hold blanks (invalid_user_id)') },
  accountName: { as: text() },
  useCaseId: { as: text(), isOfUseCase: true },
  useCaseName: {
    as: text(
      /^[A-Za-z0-9._-]+$/,
      'must be 1 to 64 letters, digits, ".", "-" or "_" (invalid_use_case_name)',
      64,
    ),
  },
  useCaseVersion: { as: wholeNumber, isOfUseCase: true },
  useCaseStep: { as: text(), isOfUseCase: true },
  useCaseProperties: { as: bag, isOfUseCase: true },
  requestProperties: { as: bag, itemName: 'properties' },
  priceAsCategory: { as: text(), itemName: null },
  priceAsResource: { as: text(), itemName: null },
  resourceScope: { as: text(), itemName: 'scope' },
  logPromptAndResponse: { as: trueOrFalse, itemName: null },
};

export const annotationRows: readonly AnnotationRow[] = Object.entries(travels).map(
  ([name, { as, itemName, isOfUseCase = false }]) => {
    const field = name as Field;
    const headerName = headerNames[field];
    const lowerCaseName = headerName.toLowerCase();
    return { field, headerName, lowerCaseName, itemName, isOfUseCase, ...as(field, headerName) };
  },
);
