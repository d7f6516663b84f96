import { isPayiError } from '@payi/core';
import { error, type Finding } from '../finding.ts';

/** What to do about an error of the packages. Its message says the same for the case at hand, and more. */
const fixes: Readonly<Record<string, string>> = {
  INVALID_ANNOTATION:
    'Build the headers with createHeaders({ … }) and pass what it returns; correct the field that is named.',
  HEADER_ENCODING:
    'Headers carry printable ASCII. Put any other text into requestProperties or useCaseProperties, which take it.',
  CONFIGURATION:
    'Set PAYI_API_KEY and PAYI_BASE_URL, or pass apiKey and baseUrl to createPayi(); otherwise correct what the message names.',
  UNSUPPORTED_CLIENT: 'Give the function a client of the provider’s SDK, in a supported version.',
};

/** A finding about something that was thrown. Errors of the packages keep their code. */
export function findingOf(thrown: unknown, what: string, code = 'MODULE_FAILED', fix = ''): Finding {
  const { name, message } = describeThrown(thrown);
  if (isPayiError(thrown)) {
    return error(thrown.code, `${what}: ${message}`, fixOf(thrown) ?? fixes[thrown.code] ?? fix);
  }
  return error(code, `${what}: ${name}: ${message}`, fix);
}

function fixOf(thrown: object): string | undefined {
  const { operation } = thrown as { operation?: unknown };
  return typeof operation === 'string'
    ? `Right after the client is made, and before any call: registerBedrockClientCallbacks(client, '${operation}').`
    : undefined;
}

export function describeThrown(thrown: unknown): { name: string; message: string; code?: string } {
  if (typeof thrown !== 'object' || thrown === null) return { name: typeof thrown, message: String(thrown) };
  const { name, message, code, cause } = thrown as Record<string, unknown>;
  const reason = (cause as { message?: unknown } | null | undefined)?.message;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: `${String(message ?? thrown)}${typeof reason === 'string' ? ` (${reason})` : ''}`,
    ...(typeof code === 'string' && { code }),
  };
}
