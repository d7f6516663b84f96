import * as http from 'node:http';
import * as https from 'node:https';
import type { HeaderList } from '../header-list.ts';
import { ProxyError } from './proxy-error.ts';
import type { ProviderTarget } from './proxy-provider.ts';

/** A request as it is sent to the provider. */
export interface ProviderRequest {
  method: string;
  /** Path and query, sent byte for byte. */
  path: string;
  /** With `Host`. */
  headers: HeaderList;
  body: Uint8Array;
}

/** A request on its way to the provider. */
export interface ForwardedRequest {
  /**
   * Resolves to the answer when its headers have arrived. The body is unread.
   *
   * Rejects with a {@link ProxyError}: 502 `provider_error` if the provider cannot be reached or breaks off, 400
   * `invalid_provider_ssl_certificate` if its certificate is not trusted.
   */
  response: Promise<http.IncomingMessage>;
  /** Closes the connection, before or during the answer. */
  abort(): void;
}

/** Sends requests to providers over HTTP/1.1 connections, which are kept alive. */
export class Forwarder {
  readonly #httpAgent = new http.Agent({ keepAlive: true });
  readonly #httpsAgent = new https.Agent({ keepAlive: true });
  readonly #certificate: string | undefined;

  /** @param certificate - A certificate in PEM form to trust in addition to the well-known authorities. */
  constructor(certificate: string | undefined) {
    this.#certificate = certificate;
  }

  /** Sends a request once. A failed request is not retried, because the provider may have charged it. */
  forward(target: ProviderTarget, request: ProviderRequest): ForwardedRequest {
    const { protocol, port } = target.origin;
    const hostname = target.origin.hostname.replace(/^\[|\]$/g, '');
    const isTls = protocol === 'https:';
    const trusted = target.certificate ?? this.#certificate;
    const outgoing = (isTls ? https : http).request({
      agent: isTls ? this.#httpsAgent : this.#httpAgent,
      host: hostname,
      port: port || (isTls ? 443 : 80),
      method: request.method,
      path: request.path,
      // As a list, which Node sends unchanged. From a record, Node would also use `Host` as the server name for TLS.
      headers: request.headers.flat(),
      ...(trusted !== undefined && { ca: trusted }),
    });
    const response = new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => reject(toProxyError(error, target)));
    });
    outgoing.end(request.body);
    return { response, abort: () => outgoing.destroy() };
  }

  /** Closes all connections. */
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
