import { headerNames } from '../annotations/header-names.ts';
import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import { type WebHeaders, type WebResponse, web } from '../web.ts';

/** A `fetch` as the provider SDKs call it. */
export type Send = (url: string, init?: object) => Promise<WebResponse>;

interface Init {
  readonly method?: string;
  readonly headers?: Partial<WebHeaders>;
  readonly redirect?: string;
}

const mostRedirects = 20;

/**
 * A `fetch` that takes Pay-i's key to no other origin. A redirect of a request with the key is followed within the origin,
 * as `fetch` does it, but for the turning of a POST into a GET. Any other redirect is reported and handed on. Requests
 * without the key are sent as they are.
 */
export function withinOrigin(send: Send, { report }: Pick<ResolvedPayi, 'report'>): Send {
  return (url, init) => {
    const { headers, redirect = 'follow' } = Object(init) as Init;
    if (headers?.has?.(headerNames.apiKey) !== true) return send(url, init);
    const own: Init = { ...init, redirect: redirect === 'error' ? redirect : 'manual' };
    const answered = (
      response: WebResponse,
      from: string,
      left: number,
    ): WebResponse | Promise<WebResponse> => {
      const to = targetOf(response, from);
      if (to === undefined) return response;
      const keepsMethod = response.status > 303 || /^(?:GET|HEAD)?$/i.test(own.method ?? '');
      if (redirect !== 'follow' || left === 0 || !keepsMethod || originOf(to) !== originOf(from)) {
        reportRedirect(report, from, to);
        return response;
      }
      response.body?.cancel?.().then(undefined, () => {});
      return sendTo(to, left - 1);
    };
    const sendTo = (to: string, left: number): Promise<WebResponse> =>
      Promise.resolve(send(to, own)).then((response) => answered(response, to, left));
    return sendTo(url, mostRedirects);
  };
}

/** Where a redirect leads; empty if a browser does not tell, `undefined` if the answer is none. */
function targetOf({ status, type, headers }: WebResponse, from: string): string | undefined {
  if (type === 'opaqueredirect') return '';
  const location = [301, 302, 303, 307, 308].includes(status) ? headers.get('location') : null;
  try {
    return location === null ? undefined : new web.URL(location, from).href;
  } catch {
    return undefined; // no address
  }
}

function originOf(url: string): string {
  return url && new web.URL(url).origin;
}

/**
 * Reports a redirect that was not followed.
 *
 * @param to - Empty if it is not known.
 */
export function reportRedirect(report: ResolvedPayi['report'], from: string, to: string): void {
  report({
    code: 'REDIRECT_REFUSED',
    message:
      `${originOf(from)} redirects to ${originOf(to) || 'another address'}. That is not followed, because the request ` +
      "has Pay-i's key. If Pay-i is there, set baseUrl, or PAYI_BASE_URL, to its address",
  });
}
