import dns from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { addressHint } from '@payi/core/adapter';
import { error, type Finding, ok, warning } from '../finding.ts';
import type { ConnectionReport } from '../report.ts';

export interface ConnectionCheck {
  readonly report: ConnectionReport;
  readonly findings: readonly Finding[];
  /** Pay-i knows the key, so that more can be asked. */
  readonly isUsable: boolean;
}

/** Reads, and records nothing. */
const path = '/api/v1/limits?limit=1';
/** A limit that nobody has: to be told that it is not there takes a valid key, too. */
const unknownLimitPath = '/api/v1/limits/payi-doctor';
const defaultTimeoutMs = 10_000;
const maxAnswerBytes = 1_000_000;
/** AWS takes no signature that is older, or that much from the future. */
const maxSkewMs = 5 * 60_000;

/** An answer, or as much as came of one. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly answerMs: number;
}

/**
 * Goes the way to Pay-i step by step: name, connection, TLS, HTTP, key.
 *
 * @param setting - What to correct when the base URL is wrong, for people.
 */
export async function checkConnection(
  baseUrl: string,
  apiKey: string | undefined,
  proxyVariables: readonly string[],
  timeoutMs: number = defaultTimeoutMs,
  setting = 'PAYI_BASE_URL',
): Promise<ConnectionCheck> {
  const { hostname } = new URL(baseUrl);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  let report: ConnectionReport = { url: baseUrl };
  const failed = (...findings: Finding[]): ConnectionCheck => ({ report, findings, isUsable: false });
  if (net.isIP(host) === 0) {
    const startedAt = performance.now();
    try {
      const found = await withTimeout(dns.lookup(host, { all: true }), timeoutMs);
      report = { ...report, addresses: found.map(({ address }) => address), lookupMs: since(startedAt) };
    } catch (thrown) {
      return failed(lookupFailed(host, thrown, proxyVariables, setting));
    }
  }
  let answer: Answer;
  try {
    answer = await get(baseUrl + path, apiKey, timeoutMs);
    // The local Pay-i of @payi/testkit has no lists.
    if (answer.status === 405) answer = await get(baseUrl + unknownLimitPath, apiKey, timeoutMs);
  } catch (thrown) {
    return failed(requestFailed(baseUrl, thrown, proxyVariables, timeoutMs, setting));
  }
  const { status, connectMs, tlsMs, answerMs } = answer;
  report = {
    ...report,
    ...(connectMs !== undefined && { connectMs }),
    ...(tlsMs !== undefined && { tlsMs }),
    status,
    answerMs,
  };
  const finding = judge(answer, baseUrl, apiKey, setting);
  return { report, findings: [finding, ...checkClock(answer)], isUsable: finding.code === 'KEY_ACCEPTED' };
}

/**
 * Asks Pay-i.
 *
 * @throws What the network threw, or a timeout with code `ETIMEDOUT`.
 */
export function get(
  url: string,
  apiKey: string | undefined,
  timeoutMs: number = defaultTimeoutMs,
): Promise<Answer> {
  const startedAt = performance.now();
  const times: { connectMs?: number; tlsMs?: number } = {};
  const client = url.startsWith('https:') ? https : http;
  const headers = { accept: 'application/json', ...(apiKey !== undefined && { 'xProxy-Api-Key': apiKey }) };
  return withTimeout(
    new Promise<Answer>((resolve, reject) => {
      const request = client.get(url, { headers, agent: false, signal: AbortSignal.timeout(timeoutMs) });
      request.on('error', reject);
      request.on('socket', (socket) => {
        socket.once('connect', () => {
          times.connectMs = since(startedAt);
        });
        socket.once('secureConnect', () => {
          times.tlsMs = since(startedAt) - (times.connectMs ?? 0);
        });
      });
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > maxAnswerBytes) response.destroy();
        });
        response.on('error', reject);
        response.on('close', () => {
          const { statusCode: status = 0, headers: received } = response;
          resolve({ status, headers: received, text, ...times, answerMs: since(startedAt) });
        });
      });
    }),
    timeoutMs,
  );
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

async function withTimeout<Result>(promise: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      timeoutMs + 500,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function proxyHint(proxyVariables: readonly string[]): string {
  return proxyVariables.length === 0
    ? ''
    : ` ${proxyVariables.join(', ')} is set, which Node.js does not heed by itself: NODE_USE_ENV_PROXY=1 from Node.js 24 on, or an agent of your own.`;
}

function lookupFailed(
  host: string,
  thrown: unknown,
  proxyVariables: readonly string[],
  setting: string,
): Finding {
  const { code } = thrown as NodeJS.ErrnoException;
  const isUnknown = code === 'ENOTFOUND';
  const message = isUnknown
    ? `there is no host ${host}, as far as the name server knows`
    : `the name server gave no answer about ${host} (${code ?? 'no code'})`;
  const fix = isUnknown
    ? `Correct ${setting}; or, if the name is right, join the network or VPN where it is known.`
    : "Check this machine's network and name server.";
  return error('HOST_UNKNOWN', message, fix + proxyHint(proxyVariables));
}

function requestFailed(
  baseUrl: string,
  thrown: unknown,
  proxyVariables: readonly string[],
  timeoutMs: number,
  setting: string,
): Finding {
  const { code = '', name, message } = thrown as NodeJS.ErrnoException;
  const { host, protocol } = new URL(baseUrl);
  const hint = proxyHint(proxyVariables);
  if (code === 'ECONNREFUSED') {
    const fix = `Correct host and port of ${setting}, or start what should listen there.${hint}`;
    return error('CONNECTION_REFUSED', `nothing listens at ${host}`, fix);
  }
  if (code === 'ETIMEDOUT' || name === 'TimeoutError' || name === 'AbortError') {
    const fix = `Let outgoing connections to ${host} through the firewall; behind a proxy, use it.${hint}`;
    return error('TIMEOUT', `${host} gave no answer within ${timeoutMs / 1000} seconds`, fix);
  }
  if (/SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_UNTRUSTED/.test(code)) {
    const fix =
      'If a proxy of your company opens TLS, or the server is one of yours: NODE_EXTRA_CA_CERTS=<file with its certificate authority>.';
    return error('CERTIFICATE_UNTRUSTED', `Node.js does not trust the certificate of ${host} (${code})`, fix);
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const fix = "Set this machine's clock; if it is right, the certificate has to be renewed.";
    return error('CERTIFICATE_EXPIRED', `the certificate of ${host} is not valid now (${code})`, fix);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const fix = `Correct the host of ${setting}.`;
    return error('CERTIFICATE_OF_ANOTHER_HOST', `the certificate of ${host} is for another host`, fix);
  }
  if (protocol === 'https:' && /^(?:ERR_SSL_|EPROTO)/.test(code)) {
    const fix = `Correct the scheme or the port of ${setting}: this looks like http:.${hint}`;
    return error('NOT_TLS', `${host} does not speak TLS (${code})`, fix);
  }
  const fix = `Check that ${setting} names Pay-i, and what lies in between.${hint}`;
  return error('CONNECTION_FAILED', `the request to ${host} failed: ${code || message}`, fix);
}

function judge(
  { status, headers, text }: Answer,
  baseUrl: string,
  apiKey: string | undefined,
  setting: string,
): Finding {
  const body = parseObject(text);
  const code = (body?.xproxy_error as { code?: unknown } | undefined)?.code;
  const isPayi =
    typeof code === 'string' || (body !== undefined && 'statusCode' in body && 'message' in body);
  const { host } = new URL(baseUrl);
  if ((status === 200 && Array.isArray(body?.items)) || (status === 404 && code === 'limit_not_found')) {
    return apiKey === undefined
      ? ok('REACHABLE', `Pay-i answers at ${host}`)
      : ok('KEY_ACCEPTED', `Pay-i answers at ${host} and accepts the key`);
  }
  if (status === 401 && isPayi) {
    if (apiKey === undefined) return ok('REACHABLE', `Pay-i answers at ${host}; there is no key to try`);
    return error(
      'KEY_REFUSED',
      `Pay-i at ${host} does not know the key (401${typeof code === 'string' ? ` ${code}` : ''})`,
      `Use an application key of the same Pay-i as the base URL; keys of an organisation do not do${addressHint(baseUrl)}.`,
    );
  }
  if (status === 407 || ((status === 401 || status === 403) && !isPayi)) {
    return error(
      'REFUSED_ON_THE_WAY',
      `${host} answers ${status}, in a form that is not Pay-i's: a proxy or gateway on the way refuses`,
      `Ask whoever runs it to let requests with the header xProxy-Api-Key through to Pay-i; check ${setting}.`,
    );
  }
  if (status === 403) {
    const message = `Pay-i at ${host} knows the key and does not let it read limits (403${typeof code === 'string' ? ` ${code}` : ''})`;
    return warning(
      'KEY_WITHOUT_RIGHTS',
      message,
      'Calls may pass all the same; to see limits here, give the key the right to read them.',
    );
  }
  if (status === 404 && isPayi) {
    const message = `Pay-i answers at ${host} and has no list of limits there, so that the key could not be tried`;
    return warning(
      'KEY_NOT_TRIED',
      message,
      `Check the path in ${setting}, and that what runs there is up to date.`,
    );
  }
  if (status >= 500) {
    const fix = 'Try again later; if it lasts, ask the support of Pay-i, or whoever runs the server.';
    return error('SERVER_FAILED', `${host} answers ${status}`, fix);
  }
  if (status === 429) {
    return warning(
      'TOO_MANY_REQUESTS',
      `${host} answers 429: the key could not be tried`,
      'Wait, and run it again.',
    );
  }
  const location = headers.location === undefined ? '' : ', and leads elsewhere';
  return error(
    'NOT_PAYI',
    `${host} answers ${status}${location}, in a form that is not Pay-i's`,
    `Set ${setting} to the address that Pay-i gave you. Networks that ask for a login answer like this too.`,
  );
}

function checkClock({ headers: { date } }: Answer): Finding[] {
  const skewMs = date === undefined ? Number.NaN : Date.now() - Date.parse(date);
  if (!(Math.abs(skewMs) > maxSkewMs)) return [];
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const message = `this machine's clock is ${minutes} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} Pay-i's; AWS refuses signatures that are more than 5 minutes off`;
  return [warning('CLOCK_SKEW', message, "Set this machine's clock.")];
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
