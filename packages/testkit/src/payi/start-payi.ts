import { crossOrigin } from '../cross-origin.ts';
import {
  type ListenOptions,
  listen,
  type RunningServer,
  type ServerRequest,
  type ServerResponse,
} from '../listen.ts';
import { anthropicRoute, azureAnthropicRoute } from './anthropic-route.ts';
import { awsBedrockRoute } from './aws-bedrock-route.ts';
import { azureOpenaiRoute } from './azure-openai-route.ts';
import { CategoriesApi } from './categories-api.ts';
import { googleVertexRoute } from './google-vertex-route.ts';
import { Ingest } from './ingest.ts';
import type { IngestEndpoint, IngestFault, IngestFaultScript } from './ingest-fault.ts';
import { type LedgerEntry, type TotalsKey, type TotalsRow, totals } from './ledger.ts';
import { LedgerPage } from './ledger-page.ts';
import { type Limit, type LimitOptions, Limits } from './limits.ts';
import { LimitsApi } from './limits-api.ts';
import { openaiRoute } from './openai-route.ts';
import { Prices } from './pricing.ts';
import { type ProxyBackend, ProxyCall, sendJson } from './proxy-call.ts';
import { notAllowed, ProxyError } from './proxy-error.ts';
import { Forwarder } from './proxy-forward.ts';
import { proxyHeaderNames } from './proxy-headers.ts';
import { checkUpstream, type Upstream } from './proxy-provider.ts';
import { type ReceivedRequest, receiveRequest } from './proxy-received-request.ts';
import type { ProxyRoute } from './proxy-route.ts';
import { RequestsApi } from './requests-api.ts';
import { UseCases } from './use-cases.ts';
import { UseCasesApi } from './use-cases-api.ts';

/** The key, limits, redirections and faults of the local Pay-i. */
export interface StartPayiOptions extends ListenOptions {
  /**
   * The only key that is accepted.
   *
   * @default 'payi-test-key'
   */
  apiKey?: string;
  /** Limits that exist from the start. */
  limits?: readonly LimitOptions[];
  /**
   * The effect of a limit id that is not in `limits`: `true` opens a limit without a maximum, `false` refuses the call
   * with `invalid_limit_ids`.
   *
   * @default true
   */
  createLimits?: boolean;
  /**
   * The effect of a use case that does not exist: `true` creates it, `false` refuses the call with `use_case_not_found`,
   * as Pay-i does.
   *
   * @default true
   */
  createUseCases?: boolean;
  /**
   * The address to connect to instead of the provider that a call names in `xProxy-Provider-BaseUri`: one URL for all
   * providers, or URLs by host name. The `Host` header is still the host of that URI, so that signatures stay valid.
   * Without a redirection, a call goes to the local provider for that host that was started last in this process:
   * `startBedrock()`, `startOpenAI()`, `startAnthropic()` or `startGoogle()`. Other hosts are reached only if they are
   * loopback addresses.
   *
   * Calls that name no provider go to `api.openai.com`, `api.anthropic.com`, for Anthropic on Azure to
   * `services.ai.azure.com`, and for Vertex AI to the host of the location in their path.
   *
   * @default The local providers of this process
   * @example { 'openrouter.ai': openai.url }
   */
  upstream?: Upstream;
  /** A certificate in PEM form to trust when connecting to a provider over TLS, such as that of a local server. */
  upstreamCertificate?: string;
  /**
   * The member that carries the result in provider answers. Pay-i's guides and recordings have `xproxy_result`, its
   * API description has `proxy_result`.
   *
   * @default 'xproxy_result'
   */
  resultMember?: 'xproxy_result' | 'proxy_result';
  /**
   * The HTTP status of a call that a limit blocks. Pay-i was seen to answer 400; a client should accept both.
   *
   * @default 400
   */
  blockedStatus?: 400 | 424;
  /**
   * The error code of a call that a limit blocks: the current code or the older code.
   *
   * @default 'limit_reached'
   */
  blockedCode?: 'limit_reached' | 'not_enough_budget';
  /**
   * The fault of each request to the ingest API. A function decides when {@link RunningPayi.ingestFaults} is empty; a
   * list is the initial content of that queue.
   */
  ingestFaults?: readonly IngestFault[] | IngestFaultScript;
  /**
   * The endpoints of the ingest API that this service has; the others answer 404.
   *
   * @default all three
   */
  ingestEndpoints?: readonly IngestEndpoint[];
}

/** A local Pay-i: a proxy that meters calls, charges them to limits and keeps a ledger, all in memory. */
export interface RunningPayi extends RunningServer {
  /** The key that calls must send in `xProxy-Api-Key`. */
  readonly apiKey: string;
  /** Every request in the order of arrival, including refused requests. */
  readonly requests: readonly ReceivedRequest[];
  /** One entry per call with a valid key, in the order in which they ended. A call in progress has no entry yet. */
  readonly ledger: readonly LedgerEntry[];
  /**
   * The faults of the next requests to the ingest API: each takes the first. Push a fault to break the next request.
   */
  readonly ingestFaults: IngestFault[];
  /** Adds up the ledger by one attribute; see {@link TotalsRow}. */
  totals(by: TotalsKey): TotalsRow[];
  /** @returns `undefined` for an unknown id. */
  limit(id: string): Limit | undefined;
  /**
   * Creates a limit, or changes the limit with that id. Its spend stays; if it was `blocked`, calls pass again while
   * the spend is below `max`.
   *
   * @throws {RangeError} Pay-i does not accept its maximum or threshold.
   */
  setLimit(limit: LimitOptions): void;
}

/** The providers that are served. */
const routes: readonly ProxyRoute[] = [
  awsBedrockRoute,
  openaiRoute,
  azureOpenaiRoute,
  anthropicRoute,
  azureAnthropicRoute,
  googleVertexRoute,
];

/**
 * Starts a local Pay-i on 127.0.0.1, for tests and demonstrations.
 *
 * It proxies AWS Bedrock at `/api/v1/proxy/aws.bedrock`, OpenAI at `…/openai`, Azure OpenAI at `…/azure.openai`,
 * Anthropic at `…/anthropic`, Anthropic on Azure at `…/azure.anthropic` and Vertex AI at `…/google.vertex`: checks the key, removes the `xProxy-*`
 * headers, restores host and path, streams the answer through and adds `xproxy_result` to it. A blocking limit that is
 * spent refuses calls before they reach the provider. Use cases, users, accounts, limits and tags are created by the
 * first call that names them.
 *
 * Calls that did not pass the proxy are reported to `/api/v1/ingest`, `…/bulk` and `…/bulk-upsert`. The last endpoint
 * recognises a repeated event by its `provider_response_id` and counts it once; the other two endpoints do not.
 *
 * `/api/v1/limits`, `/api/v1/use_cases`, `/api/v1/requests` and `/api/v1/categories` serve Pay-i's REST API for limits, use
 * cases, KPIs, calls and prices. Prices that are added there count from the next call on. `/` is a page that shows the
 * ledger.
 *
 * @throws {RangeError} `limits` holds an impossible limit.
 * @throws {TypeError} `upstream` holds a value that is not an http or https URL without a path.
 * @throws The error of the operating system when the port cannot be used, e.g. `EADDRINUSE`.
 */
export async function startPayi(options: StartPayiOptions = {}): Promise<RunningPayi> {
  const { apiKey = 'payi-test-key' } = options;
  checkUpstream(options.upstream);
  const requests: ReceivedRequest[] = [];
  const backend: ProxyBackend = {
    limits: new Limits(options.limits ?? [], options.createLimits ?? true),
    useCases: new UseCases(options.createUseCases ?? true),
    prices: new Prices(),
    ledger: [],
    forwarder: new Forwarder(options.upstreamCertificate),
    upstream: options.upstream,
    resultMember: options.resultMember ?? 'xproxy_result',
    blockedStatus: options.blockedStatus ?? 400,
    blockedCode: options.blockedCode ?? 'limit_reached',
  };

  const { ingestFaults = [], ingestEndpoints = ['bulk-upsert', 'bulk', 'single'] } = options;
  const faultQueue = typeof ingestFaults === 'function' ? [] : [...ingestFaults];
  const ingest = new Ingest(backend, {
    served: ingestEndpoints,
    queue: faultQueue,
    script: typeof ingestFaults === 'function' ? ingestFaults : undefined,
  });

  const apis = [
    ingest,
    new LimitsApi(backend.limits, backend.ledger),
    new UseCasesApi(backend.useCases),
    new RequestsApi(backend.ledger),
    new CategoriesApi(backend.prices),
  ];

  const page = new LedgerPage(backend.ledger, backend.limits);
  const answer = async (incoming: ServerRequest, response: ServerResponse): Promise<void> => {
    const request = await receiveRequest(incoming).catch(() => undefined);
    if (!request) return; // The client disconnected while sending, so nobody waits for an answer.
    if (page.serves(request)) {
      page.answer(request, response);
      return;
    }
    requests.push(request);
    try {
      const api = apis.find((each) => each.serves(request));
      if (api === undefined) await openCall(backend, request, apiKey).answer(response);
      else {
        checkKey(request, apiKey);
        await api.answer(request, response);
      }
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      if (error.statusCode === 405 && response.getHeader('allow') === undefined)
        response.setHeader('allow', 'POST');
      sendJson(response, error.statusCode, error.toEnvelope());
    }
  };
  const underWay = new Set<Promise<void>>();
  const server = await listen(
    crossOrigin((incoming, response) => {
      const answered = answer(incoming, response).finally(() => underWay.delete(answered));
      underWay.add(answered);
      return answered;
    }),
    options,
  );
  const close = async (): Promise<void> => {
    await server.close();
    // Waits until every call has its entry in the ledger. Calls that were broken off count as aborted.
    await Promise.allSettled(underWay);
    backend.forwarder.close();
  };
  return {
    ...server,
    apiKey,
    requests,
    ledger: backend.ledger,
    ingestFaults: faultQueue,
    totals: (by) => totals(backend.ledger, by),
    limit: (id) => backend.limits.get(id),
    setLimit: (limit) => backend.limits.set(limit),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Finds the route of a request and checks its key. @throws {@link ProxyError} for a request that is not a call. */
function openCall(backend: ProxyBackend, request: ReceivedRequest, apiKey: string): ProxyCall {
  const { method, path, body } = request;
  for (const route of routes) {
    const operation = path.startsWith(route.prefix) && route.match(path.slice(route.prefix.length), body);
    if (!operation) continue;
    if (method !== 'POST') throw notAllowed(method);
    checkKey(request, apiKey);
    return new ProxyCall(backend, route, operation, request);
  }
  throw new ProxyError(404, 'unexpected_error', 'There is nothing at this path.');
}

function checkKey({ headers }: ReceivedRequest, apiKey: string): void {
  if (headers[proxyHeaderNames.apiKey] === apiKey) return;
  throw new ProxyError(401, 'invalid_api_key', 'The header xProxy-Api-Key does not hold a valid key.');
}
