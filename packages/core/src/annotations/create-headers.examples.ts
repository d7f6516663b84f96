import type { Annotations } from './annotations.ts';
import type { HeadersLike } from './parse-headers.ts';

/** The examples of docs/headers.md, under their titles there. A test compares both with what the functions give. */
export const createHeadersExamples: Readonly<
  Record<string, { readonly annotations: Annotations; readonly headers: Readonly<Record<string, string>> }>
> = {
  'A call for a user, under a budget': {
    annotations: {
      useCaseName: 'text_generation',
      userId: 'data_scientist_123',
      limitIds: ['aws_budget'],
      requestTags: ['bedrock', 'claude'],
    },
    headers: {
      'xProxy-Limit-IDs': 'aws_budget',
      'xProxy-Request-Tags': 'bedrock,claude',
      'xProxy-User-ID': 'data_scientist_123',
      'xProxy-UseCase-Name': 'text_generation',
    },
  },
  'One step of a use case': {
    annotations: {
      useCaseName: 'document_summary',
      useCaseId: 'c-42',
      useCaseVersion: 0,
      useCaseStep: 'extract',
      useCaseProperties: { document_type: 'contract' },
    },
    headers: {
      'xProxy-UseCase-ID': 'c-42',
      'xProxy-UseCase-Name': 'document_summary',
      'xProxy-UseCase-Version': '0',
      'xProxy-UseCase-Step': 'extract',
      'xProxy-UseCase-Properties': 'eyJkb2N1bWVudF90eXBlIjoiY29udHJhY3QifQ==',
    },
  },
  'Text outside ASCII, in a property bag': {
    annotations: {
      accountName: 'Acme, Inc.',
      requestProperties: { name: 'José', mood: '😀', ticket: null },
    },
    headers: {
      'xProxy-Account-Name': 'Acme, Inc.',
      'xProxy-Request-Properties':
        'eyJuYW1lIjoiSm9zXHUwMGU5IiwibW9vZCI6Ilx1ZDgzZFx1ZGUwMCIsInRpY2tldCI6bnVsbH0=',
    },
  },
  'Another price, and no prompts kept': {
    annotations: {
      priceAsCategory: 'system.azureopenai',
      priceAsResource: 'gpt-4o-2024-11-20',
      resourceScope: 'datazone.eu',
      logPromptAndResponse: false,
    },
    headers: {
      'xProxy-PriceAs-Category': 'system.azureopenai',
      'xProxy-PriceAs-Resource': 'gpt-4o-2024-11-20',
      'xProxy-Resource-Scope': 'datazone.eu',
      'xProxy-Logging-Disable': 'True',
    },
  },
  'Nothing to say': {
    annotations: {
      userId: '',
      accountName: null,
      limitIds: [' '],
      requestProperties: {},
      logPromptAndResponse: true,
    },
    headers: {},
  },
};

export const parseHeadersExamples: Readonly<
  Record<string, { readonly headers: HeadersLike; readonly annotations: Annotations }>
> = {
  'Names in any case, a repeated header as servers join it': {
    headers: { 'xproxy-user-id': 'u1', 'XPROXY-LIMIT-IDS': 'l1, l2', host: 'api.pay-i.com' },
    annotations: { userId: 'u1', limitIds: ['l1', 'l2'] },
  },
  'Present and empty': {
    headers: { 'xProxy-User-ID': '', 'xProxy-Limit-IDs': '' },
    annotations: { userId: null, limitIds: null },
  },
  'A bag as plain JSON': {
    headers: { 'xProxy-Request-Properties': '{"a":"b"}' },
    annotations: { requestProperties: { a: 'b' } },
  },
};

export const refusedExamples: Readonly<
  Record<string, { readonly annotations: object; readonly message: string }>
> = {
  'A comma in a limit id': {
    annotations: { limitIds: ['team', 'a,b'] },
    message: 'limitIds[1] must not hold a comma, which separates ids on the wire',
  },
  'A blank in a user id': {
    annotations: { userId: 'Jane Doe' },
    message: 'userId must not hold blanks (invalid_user_id)',
  },
  'A function in a bag': {
    annotations: { requestProperties: { made: () => 'x' } },
    message: 'requestProperties["made"] must be text or null',
  },
};
