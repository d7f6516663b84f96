import * as http from 'node:http';
import * as https from 'node:https';
import type { HeaderList } from '../header-list.ts';
import { ProxyError } from './proxy-error.ts';
import type { ProviderTarget } from './proxy-provider.ts';

/** What is sent to the provider. */
export interface ProviderRequest {
  method: string;
  /** Path and query, byte for byte as they are to arrive. */
  path: string;
  /** With `Host`. */
  headers: HeaderList;
  body: Uint8Array;
}

/** A request on its way to the provider. */
export interface ForwardedRequest {
  /**
   * The answer once its headers are there, with its body unread.
   *
   * Rejects with a {@link ProxyError}: 502 `provider_error` when the provider cannot be reached or breaks off, 400
   * `invalid_provider_ssl_certificate` when its certificate is not trusted.
   */
  response: Promise<http.IncomingMessage>;
  /** Breaks the connection off, before or within the answer. */
  abort(): void;
}

/** Sends requests to providers over HTTP/1.1 connections that are kept for the next request. */
export class Forwarder {
  readonly #httpAgent = new http.Agent({ keepAlive: true });
  readonly #httpsAgent: https.Agent;

  /** @param certificate - A certificate in PEM form to trust beside the well-known ones. */
  constructor(certificate: string | undefined) {
    this.#httpsAgent = new https.Agent({ keepAlive: true, ...(certificate && { ca: certificate }) });
  }

  /** Sends once: a request that fails is not repeated, for the provider may have charged it already. */
  forward(target: ProviderTarget, request: ProviderRequest): ForwardedRequest {
    const { protocol, port } = target.origin;
    const hostname = target.origin.hostname.replace(/^\[|\]$/g, '');
    const isTls = protocol === 'https:';
    const outgoing = (isTls ? https : http).request({
      agent: isTls ? this.#httpsAgent : this.#httpAgent,
      host: hostname,
      port: port || (isTls ? 443 : 80),
      method: request.method,
      path: request.path,
      // As a list, which Node sends as it is; from a record it would also take the name to ask a certificate for.
      headers: request.headers.flat(),
    });
    const response = new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => reject(toProxyError(error, target)));
    });
    outgoing.end(request.body);
    return { response, abort: () => outgoing.destroy() };
  }

  /** Closes the connections that were kept. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }
}

function toProxyError(error: NodeJS.ErrnoException, { host }: ProviderTarget): ProxyError {
  const reason = error.code ?? error.message;
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(reason)) {
    return new ProxyError(
      400,
      'invalid_provider_ssl_certificate',
      `The certificate of the provider ${host} is not trusted (${reason}). Name it in the option upstreamCertificate.`,
    );
  }
  return new ProxyError(502, 'provider_error', `The provider ${host} cannot be reached (${reason}).`);
}
