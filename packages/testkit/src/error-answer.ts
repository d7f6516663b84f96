import type { ErrorAnswer } from './bedrock-answer.ts';

/** The statuses of the exceptions of the Bedrock runtime, and of those that AWS raises before a request reaches it. */
const statuses: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  ConflictException: 400,
  IncompleteSignatureException: 403,
  InternalServerException: 500,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ModelTimeoutException: 408,
  ResourceNotFoundException: 404,
  SerializationException: 400,
  ServiceQuotaExceededException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 429,
  UnknownOperationException: 404,
  UnrecognizedClientException: 403,
  ValidationException: 400,
};

/** @returns The status, headers and JSON body of an error in AWS's format. */
export function renderError(error: ErrorAnswer['error']): {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
} {
  return {
    status: error.status ?? statuses[error.type] ?? 400,
    headers: {
      'content-type': 'application/json',
      // AWS appends the namespace of the exception after a colon, and clients cut it off.
      'x-amzn-errortype': `${error.type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    },
    body: Buffer.from(JSON.stringify({ message: error.message ?? error.type, ...error.members })),
  };
}
