import type { Annotations } from '@payi/core';

export type HeaderRecord = Record<string, string>;

/** The thirteen fields whose headers are measured. */
export type Input = {
  readonly [Field in Exclude<keyof Annotations, 'logPromptAndResponse'>]-?: NonNullable<Annotations[Field]>;
};

/**
 * The annotations of one call. User, account, ids and the values in both property bags were in no earlier call, so that
 * no memory of earlier calls helps.
 *
 * @param call - The number of the call in its process.
 * @param text - Makes each new text. {@link ready} by default.
 */
export function annotationsOf(
  call: number,
  text: ((start: string, call: number) => string) | undefined = ready,
): Input {
  return {
    useCaseName: 'document_summary',
    useCaseId: text('b6d5cbbc-0000-4000-8000-', call),
    useCaseVersion: 3,
    useCaseStep: 'extract',
    useCaseProperties: { document_id: text('document-', call), language: 'en' },
    userId: text('data_scientist_', call),
    accountName: text('Acme, Inc. ', call),
    limitIds: ['monthly_budget', text('budget_of_', call)],
    requestTags: ['bench', 'cost'],
    requestProperties: { trace_id: text('trace-of-request-', call), region: 'us-east-1' },
    priceAsCategory: 'system.aws.bedrock',
    priceAsResource: 'anthropic.claude-sonnet-4',
    resourceScope: 'region.us-east-1',
  };
}

/** A text that lies in one piece, as those that a parser or a database driver returns. */
export const ready = (start: string, call: number): string =>
  Buffer.from(built(start, call), 'latin1').toString('latin1');

/** A text that V8 keeps as two pieces until its characters are read, as those that the application put together. */
export const built = (start: string, call: number): string => `${start}${String(call).padStart(12, '0')}`;

/** The same headers as `createHeaders()` makes, in a literal that checks nothing. */
export function headersByHand(annotations: Input): HeaderRecord {
  return {
    'xProxy-Limit-IDs': annotations.limitIds.join(','),
    'xProxy-Request-Tags': annotations.requestTags.join(','),
    'xProxy-User-ID': annotations.userId,
    'xProxy-Account-Name': annotations.accountName,
    'xProxy-UseCase-ID': annotations.useCaseId,
    'xProxy-UseCase-Name': annotations.useCaseName,
    'xProxy-UseCase-Version': String(annotations.useCaseVersion),
    'xProxy-UseCase-Step': annotations.useCaseStep,
    'xProxy-UseCase-Properties': btoa(JSON.stringify(annotations.useCaseProperties)),
    'xProxy-Request-Properties': btoa(JSON.stringify(annotations.requestProperties)),
    'xProxy-PriceAs-Category': annotations.priceAsCategory,
    'xProxy-PriceAs-Resource': annotations.priceAsResource,
    'xProxy-Resource-Scope': annotations.resourceScope,
  };
}
