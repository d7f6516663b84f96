import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Annotations, type Diagnostic, headerNames, parseHeaders, type Receipt } from '@payi/core';
import type { Registration } from '@payi/core/adapter';
import { annotationHeaderNames } from '@payi/core/calls';
import { error, type Finding, ok, warning } from '../finding.ts';
import type { DryRunArrival, DryRunReport } from '../report.ts';
import type { GivenHeaders } from './given-headers.ts';
import type { LocalBackend } from './local-backend.ts';
import type { Redirects } from './outgoing.ts';
import { describeThrown, findingOf } from './thrown.ts';

/** A call that is ready to be made, with all that it will reach. */
export interface Rehearsal {
  readonly backend: LocalBackend;
  readonly redirects: Redirects;
  readonly findings: readonly Finding[];
  /** @param headers - Given to the call as its caller would give them. */
  call(headers: unknown): Promise<object>;
  dispose(): void;
}

export interface Rehearsed {
  readonly dryRun: DryRunReport;
  readonly findings: readonly Finding[];
}

/** How long the receipt of a call that is over may take. */
const receiptTimeoutMs = 3000;

/** Makes the call, and tells what became of it. Never rejects for what the call does. */
export async function rehearse(
  rehearsal: Rehearsal,
  given: GivenHeaders,
  about: { operation: string; model: string; registration: Registration | undefined },
): Promise<Rehearsed> {
  const { operation, model, registration } = about;
  const { backend, redirects } = rehearsal;
  const { receipts, diagnostics } = listen(registration);
  let thrown: unknown;
  try {
    await rehearsal.call(given.headers);
  } catch (error) {
    thrown = error ?? new Error('nothing was thrown');
  }
  if (registration !== undefined && redirects.sent.length > 0) {
    await registration.payi.delivery?.flush(receiptTimeoutMs);
    await until(() => receipts.length > 0);
  }
  const [request] = redirects.sent;
  const [receipt] = receipts;
  const arrived = arrivalOf(rehearsal, registration);
  const dryRun: DryRunReport = {
    operation,
    model,
    annotations: given.annotations,
    isExample: given.isExample,
    ...(request && { request: request.report }),
    ...(arrived && { arrived }),
    ...(receipt && { receipt }),
    ...(thrown !== undefined && { error: describeThrown(thrown) }),
  };
  const findings = [
    ...rehearsal.findings,
    ...(thrown === undefined ? [] : [callFailed(thrown, operation)]),
    ...diagnostics.map(({ code, message }) =>
      warning(
        code,
        `Pay-i's part of the dry run reports: ${message}`,
        'See https://github.com/payi/payi-typescript/blob/main/docs/errors.md#diagnostics.',
      ),
    ),
    ...(arrived === undefined ? [] : checkArrival(arrived, given.annotations, dryRun, registration)),
  ];
  rehearsal.dispose();
  await backend.close();
  return { dryRun, findings };
}

/**
 * Hears what the application would hear of the call, in its place: a dry run is none of its calls.
 *
 * The SDKs of OpenAI and Anthropic make objects of their own of an answer, so that `receiptOf()` would not do.
 */
function listen(registration: Registration | undefined): {
  readonly receipts: readonly Receipt[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const receipts: Receipt[] = [];
  const diagnostics: Diagnostic[] = [];
  if (registration !== undefined) {
    const onReceipt = (receipt: Receipt): void => void receipts.push(receipt);
    const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
    Object.assign(registration.payi, { onReceipt, report });
  }
  return { receipts, diagnostics };
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + receiptTimeoutMs;
  while (!isSo() && performance.now() < deadline) await setTimeout(5);
}

function callFailed(thrown: unknown, operation: string): Finding {
  const { message } = describeThrown(thrown);
  const finding = findingOf(
    thrown,
    `the dry run of ${operation} failed`,
    'DRY_RUN_FAILED',
    'See the error: the same call of your application fails the same way, unless it is about this machine.',
  );
  const isRefusal = /lets no connection leave|PAYI_DOCTOR_REFUSED/.test(message);
  if (!isRefusal) return finding;
  return error(
    'DRY_RUN_LEFT_THE_CLIENT',
    `the dry run of ${operation} tried to leave this machine by a way that cannot be led back to it, and was refused`,
    'The client has a fetch of its own that does not use the global one, or asks other servers during a call. Export a client without it for the doctor, with --export.',
  );
}

function arrivalOf(
  { backend, redirects }: Rehearsal,
  registration: Registration | undefined,
): DryRunArrival | undefined {
  const [sent] = redirects.sent;
  const [atPayi] = backend.payiRequests();
  const [atProvider] = backend.providerRequests();
  const first = sent?.to === 'pay-i' ? atPayi : atProvider?.headers;
  if (sent === undefined || first === undefined) return undefined;
  const signature = atProvider?.signature ?? 'none';
  const isUnchecked = sent.isPathChanged && signature !== 'none';
  return {
    at: sent.to,
    payiHeaders: Object.keys(first).filter((name) => name.startsWith('xproxy-')),
    annotations: registration?.payi.route === 'direct' ? reported(backend) : readAnnotations(first),
    signature: isUnchecked ? 'unchecked' : signature,
    ...(signature === 'invalid' &&
      !isUnchecked &&
      atProvider?.signatureProblem !== undefined && { signatureProblem: atProvider.signatureProblem }),
    payiHeadersAtProvider: Object.keys(atProvider?.headers ?? {}).filter((name) =>
      name.startsWith('xproxy-'),
    ),
  };
}

function readAnnotations(headers: Readonly<Record<string, string>>): Annotations {
  try {
    return parseHeaders(headers);
  } catch {
    return {};
  }
}

/** The annotations of the event that Pay-i was told: headers of it alone, or members in the names of the ingest API. */
function reported(backend: LocalBackend): Annotations {
  const [request] = backend.ingested();
  if (request === undefined) return {};
  const [event = {}] = [JSON.parse(request.body)].flat() as Record<string, unknown>[];
  const members = {
    useCaseName: event.use_case_name,
    useCaseId: event.use_case_id,
    useCaseVersion: event.use_case_version,
    useCaseStep: event.use_case_step,
    userId: event.user_id,
    accountName: event.account_name,
    limitIds: event.limit_ids,
    requestTags: event.request_tags,
    resourceScope: event.scope,
  };
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return { ...readAnnotations(request.headers), ...(Object.fromEntries(entries) as Annotations) };
}

/** Fields that travel in other members of an event than by a name of their own. */
const notReported: ReadonlySet<string> = new Set([
  'requestProperties',
  'useCaseProperties',
  'priceAsCategory',
  'priceAsResource',
  'logPromptAndResponse',
]);

function checkArrival(
  arrived: DryRunArrival,
  given: Annotations,
  { request }: DryRunReport,
  registration: Registration | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const isDirect = registration?.payi.route === 'direct';
  const lost = Object.keys(given).filter(
    (field) =>
      !(isDirect && notReported.has(field)) &&
      !isDeepStrictEqual(given[field as keyof Annotations], arrived.annotations[field as keyof Annotations]),
  );
  if (lost.length > 0) {
    findings.push(
      error(
        'ANNOTATIONS_LOST',
        `annotations that were given to the call did not arrive: ${lost.join(', ')}`,
        registration === undefined
          ? 'Give the client Pay-i first: see the finding about registration.'
          : 'Something between the client and the network takes headers off: look at the middleware and request handler of the application above.',
      ),
    );
  } else if (Object.keys(given).length > 0) {
    const where = isDirect
      ? 'in the event reported to Pay-i'
      : arrived.at === 'pay-i'
        ? 'at Pay-i'
        : 'at the provider or gateway';
    findings.push(
      ok('ANNOTATIONS_ARRIVE', `all annotations arrive ${where}: ${Object.keys(given).join(', ')}`),
    );
  }
  const signed = request?.signedHeaders.filter((name) => name.startsWith('xproxy-')) ?? [];
  if (signed.length > 0) {
    findings.push(
      error(
        'ANNOTATIONS_SIGNED',
        `headers that Pay-i takes off are part of the AWS signature: ${signed.join(', ')}; AWS would answer 403`,
        'Do not set xProxy-* headers in middleware of your own before signing; give them to the call as extraHeaders, which are put on after it.',
      ),
    );
  }
  if (arrived.signature === 'invalid') {
    findings.push(
      error(
        'SIGNATURE_INVALID',
        `the AWS signature does not hold when the request arrives: ${arrived.signatureProblem ?? 'unknown'}`,
        "Something changes the request after it was signed: look at the application's middleware behind the signer, and at its request handler.",
      ),
    );
  } else if (arrived.signature === 'valid') {
    findings.push(ok('SIGNATURE_VALID', 'the AWS signature holds when the request arrives at the provider'));
  }
  if (arrived.at === 'pay-i' && !arrived.payiHeaders.includes(headerNames.apiKey.toLowerCase())) {
    findings.push(
      error(
        'NO_KEY_SENT',
        'the call goes to Pay-i without a key',
        'Let withPayi() do it, or add the header xProxy-Api-Key to the defaultHeaders of the client.',
      ),
    );
  }
  if (registration?.payi.route !== 'headers' && arrived.payiHeadersAtProvider.some(isAnnotation)) {
    findings.push(
      error(
        'ANNOTATIONS_AT_PROVIDER',
        'annotations reach the provider itself, to whom they are nothing but data about your users',
        'Give the client Pay-i, so that calls take its route; see the finding about registration.',
      ),
    );
  }
  return findings;
}

function isAnnotation(name: string): boolean {
  return annotationHeaderNames.includes(name);
}
