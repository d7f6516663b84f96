import { headerNames } from '@payi/core';
import { announceRequest, announceResponse } from '@payi/core/adapter';
import type { Call } from './call.ts';
import { isPayiHeader, takeHeaders } from './given-headers.ts';
import { checkBaseUrl, throughProxy } from './proxy.ts';
import type { ApiRequest } from './sdk.ts';

/** One attempt of a call, on its way from middleware to the network. */
export interface Attempt {
  readonly call: Call;
  /** What is kept from the signer and put onto the request behind it. */
  readonly headers: Readonly<Record<string, string>>;
  /** On the clock of `performance.now()`; 0 until the attempt leaves. */
  sentAt: number;
}

/**
 * The place of an attempt on the request that middleware hands on, where the client's `fetch` finds it. A member with a
 * symbol survives every `{ ...request }` in between, those of the SDK's own signing among them.
 */
const attemptKey = Symbol.for('@payi/anthropic.attempt');

export function attemptOf(init: unknown): Attempt | undefined {
  return (init as { [attemptKey]?: Attempt } | undefined)?.[attemptKey];
}

/**
 * Gets one attempt ready: takes off what the provider must not see, puts on what travels.
 *
 * Headers are changed in place, as the SDK allows: a copy of them would cost more than all the rest.
 *
 * @returns The request to hand on, and the attempt if it leaves from here. Where the client rewrites and signs requests
 *   on the way, it leaves from `fetch`, and what is not to be signed travels with it.
 * @throws `ConfigurationError` when the client is signed for Pay-i's own host.
 */
export function prepareAttempt(call: Call, request: ApiRequest): { prepared: ApiRequest; attempt: Attempt } {
  const { platform, payi } = call.registration;
  const { headers } = request;
  const isProxied = payi.route === 'proxy';
  if (platform.rewrites) {
    if (isProxied) checkBaseUrl(request.url, call.registration);
    const taken = takeHeaders(headers, isProxied ? isKeptFromSigner : isPayiHeader);
    const isDirect = payi.route === 'direct';
    const attempt = { call, headers: isDirect ? {} : headersBehindSigner(call, taken), sentAt: 0 };
    return { prepared: { ...request, [attemptKey]: attempt } as ApiRequest, attempt };
  }
  const attempt = { call, headers: {}, sentAt: 0 };
  if (payi.route === 'direct') {
    takeHeaders(headers, isPayiHeader);
    return { prepared: request, attempt };
  }
  for (const name of call.given) headers.delete(name);
  setAll(headers, call.headers);
  if (!isProxied) return { prepared: request, attempt };
  if (platform.needsPriceAs && !headers.has(headerNames.priceAsResource)) {
    headers.set(headerNames.priceAsResource, call.observation.call.resource);
  }
  const proxied = throughProxy(request.url, startOfPath(request.url), call.registration);
  setAll(headers, proxied.headers);
  return { prepared: { ...request, url: proxied.url, redirect: 'manual' }, attempt };
}

/** Counts the attempt, and tells `onRequest` about it. To be called just before it leaves. */
export function sendAttempt(attempt: Attempt, method: string, url: string, headers: Headers): void {
  const { registration, observation } = attempt.call;
  observation.attempts += 1;
  announceRequest(registration, observation, method, url, headers);
  attempt.sentAt = performance.now();
}

/** Notes the status, and tells `onResponse` about it. */
export function receiveAttempt({ call, sentAt }: Attempt, response: Response): void {
  const { registration, observation } = call;
  observation.httpStatus = response.status;
  observation.content?.answered(response.headers);
  announceResponse(registration, observation, response, performance.now() - sentAt);
}

/**
 * A proxied request is signed for AWS and travels through Pay-i, which is known to hand on what botocore signs:
 * `content-type`, `host`, `x-amz-date` and the session token. Everything else, `accept` and the SDK's `x-stainless-*`
 * among it, is put on behind the signer. What the SDK's own rewriting still needs to see stays.
 */
function isKeptFromSigner(name: string): boolean {
  return !/^(?:authorization|content-type|anthropic-.*|x-amz-.*)$/.test(name);
}

function headersBehindSigner(
  { headers, given }: Call,
  taken: Record<string, string>,
): Record<string, string> {
  const behind: Record<string, string> = {};
  for (const name of Object.keys(taken)) {
    // Annotations come merged with the defaults; of the rest only what the proxy hands on to the provider is the caller's.
    const isForeign = !isPayiHeader(name) || name.startsWith(headerNames.forward.toLowerCase());
    if (isForeign && !given.includes(name)) behind[name] = taken[name] as string;
  }
  return Object.assign(behind, headers);
}

/** Where the API's path begins: behind the client's base URL, which may have a path of its own. */
function startOfPath(url: string): number {
  const query = url.indexOf('?');
  return url.lastIndexOf('/v1/messages', query === -1 ? undefined : query);
}

function setAll(headers: Headers, values: Readonly<Record<string, string>>): void {
  for (const name in values) headers.set(name, values[name] as string);
}
