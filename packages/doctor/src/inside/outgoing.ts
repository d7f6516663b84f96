import { headerNames } from '@payi/core';
import { maskHeaders } from '../mask.ts';
import type { DryRunRequest } from '../report.ts';
import type { LocalBackend } from './local-backend.ts';

/** A request that was about to leave, and was kept here. */
export interface Outgoing {
  readonly report: DryRunRequest;
  readonly to: 'pay-i' | 'provider';
  /** The path that was signed is not the one that the local provider got. */
  readonly isPathChanged: boolean;
}

/** Where a request goes in place of where it was addressed. */
export interface Redirect {
  readonly url: URL;
  /** With the key of the local Pay-i, where there was one. */
  readonly headers: Record<string, string>;
}

/**
 * Sends what is addressed to Pay-i to the local one, and everything else to the local provider; keeps what it was.
 *
 * @param payiBaseUrl - Pay-i as the client knows it.
 */
export class Redirects {
  readonly sent: Outgoing[] = [];
  readonly #backend: LocalBackend;
  readonly #payiBaseUrl: string;

  constructor(backend: LocalBackend, payiBaseUrl: string) {
    this.#backend = backend;
    this.#payiBaseUrl = payiBaseUrl;
  }

  /**
   * @param url - Path and query stay byte for byte as they are.
   * @param bodyBytes - Size of the body.
   */
  redirect(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    bodyBytes: number,
  ): Redirect {
    const base = this.#payiBaseUrl;
    const isForPayi = url === base || url.startsWith(`${base}/`);
    const path = isForPayi ? url.slice(base.length) || '/' : pathOf(url);
    const localPath = isForPayi ? path : withoutPrefix(path);
    if (!path.startsWith('/api/v1/ingest') || !isForPayi) {
      this.sent.push({
        to: isForPayi ? 'pay-i' : 'provider',
        isPathChanged: localPath !== path,
        report: {
          method,
          url,
          headers: maskHeaders(headers),
          signedHeaders: signedHeadersOf(headers),
          bodyBytes,
        },
      });
    }
    const { payiUrl, providerUrl, payiKey } = this.#backend;
    return {
      url: new URL((isForPayi ? payiUrl : providerUrl) + localPath),
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          name.toLowerCase() === headerNames.apiKey.toLowerCase() && value !== '' ? payiKey : value,
        ]),
      ),
    };
  }
}

function pathOf(url: string): string {
  const { origin } = new URL(url);
  return url.slice(origin.length) || '/';
}

/** A gateway may have Bedrock at a path of its own, which the local one does not. */
function withoutPrefix(path: string): string {
  const index = path.indexOf('/model/');
  return index > 0 ? path.slice(index) : path;
}

function signedHeadersOf(headers: Readonly<Record<string, string>>): string[] {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== 'authorization') continue;
    const [, names] = /SignedHeaders=([^,\s]+)/.exec(value) ?? [];
    if (names !== undefined) return names.split(';');
  }
  return [];
}
