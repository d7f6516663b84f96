import { headerNames, isAtPayi } from '@payi/core/adapter';

/** A URL of one method of one model. */
export interface Address {
  /** The client's base URL, without the version of the API and without a trailing slash. */
  readonly base: string;
  /** From the version of the API on, with the query. */
  readonly path: string;
  /** Of a model on Vertex AI: `google`, `anthropic` … */
  readonly publisher: string | undefined;
  /** The id of a model, a tuned model or an endpoint. */
  readonly model: string;
  readonly operation: string;
  /** Whether the path names a project of Vertex AI, as all paths do that Pay-i's proxy serves. */
  readonly hasProject: boolean;
}

const modelMethod =
  /^(.*?)\/(v\d\w*\/(projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/([^/]+)\/)?(?:models|tunedModels|endpoints)\/([^/:?]+):(\w+)(?:\?.*)?)$/;

/** Splits a URL; `undefined` if it is not that of a model's method. */
export function splitAddress(url: string): Address | undefined {
  const match = modelMethod.exec(url);
  if (match === null) return undefined;
  const [, base = '', path = '', project, publisher, model = '', operation = ''] = match;
  return { base, path, publisher, model, operation, hasProject: project !== undefined };
}

/**
 * The address at Pay-i's proxy, and headers for it. Each location of Vertex AI has a host of its own, which a header
 * carries.
 */
export function proxiedAddress(
  { base, path }: Address,
  payiUrl: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  if (isAtPayi({ baseUrl: payiUrl }, base)) return { url: `${base}/${path}`, headers: {} };
  return {
    url: `${payiUrl}/api/v1/proxy/google.vertex/${path}`,
    headers: { [headerNames.providerBaseUri]: base },
  };
}
