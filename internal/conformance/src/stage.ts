import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Annotations,
  createHeaders,
  createPayi,
  type Diagnostic,
  type PayiOptions,
  type Receipt,
  type Route,
} from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Credentials, type Question, questions } from './providers.ts';
import { loadSdks } from './sdks.ts';
import type { Connection, Sent, Surface, SurfaceOptions } from './surface.ts';

/** All annotations that every surface can send. */
export const annotations: Annotations = {
  useCaseName: 'support_chat',
  useCaseId: 'conversation-7',
  useCaseVersion: 3,
  useCaseStep: 'answer',
  useCaseProperties: { channel: 'web' },
  userId: 'u-42',
  accountName: 'Acme, Inc.',
  limitIds: ['team', 'company'],
  requestTags: ['conformance', 'nightly'],
  requestProperties: { ticket: '4711', city: 'Zürich' },
  resourceScope: 'region',
  logPromptAndResponse: false,
};
/** As every surface has to send them. */
export const annotationHeaders: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(createHeaders(annotations)).map(([name, value]) => [name.toLowerCase(), value]),
);

const always: readonly string[] = [
  'annotations',
  'attempts',
  'category',
  'endToEndMs',
  'operation',
  'outcome',
  'properties',
  'resource',
  'startedAt',
  'toolCalls',
  'units',
  'usageSource',
  'warnings',
];
/** The members of a receipt on route `proxy`, by what became of the call. */
const members: Readonly<
  Record<'complete' | 'failed' | 'blocked' | 'abortedBeforeAnswer', readonly string[]>
> = {
  complete: [
    ...always,
    'cost',
    'httpStatus',
    'limits',
    'model',
    'providerResponseId',
    'requestId',
    'serviceTier',
  ],
  failed: [...always, 'httpStatus', 'limits', 'requestId'],
  blocked: [...always, 'blockedLimitIds', 'httpStatus', 'limits', 'requestId'],
  abortedBeforeAnswer: always,
};

/** Converse does not say which model answered, and the answers of Bedrock in these tests do not say their tier. */
export const membersOf = (
  kind: keyof typeof members,
  { isStream, operation, provider }: Pick<Surface, 'isStream' | 'operation' | 'provider'>,
): string[] =>
  [...members[kind], ...(isStream ? ['timeToFirstTokenMs'] : [])]
    .filter((member) => member !== 'model' || !operation.startsWith('Converse'))
    .filter((member) => member !== 'serviceTier' || provider !== 'bedrock')
    .sort();

export const xproxy = (headers: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('xproxy-')));

/** Reads a stream to its end. */
export async function readAll({ answer, events }: Sent): Promise<object> {
  for await (const _ of events ?? []);
  return answer;
}

/** The error that the call, or reading its answer, ended with. */
export async function errorOf(call: Promise<Sent>): Promise<object> {
  try {
    await readAll(await call);
  } catch (error) {
    return error as object;
  }
  throw new Error('the call succeeded');
}

const sdks = await loadSdks();

interface ClosableProvider {
  readonly url: string;
  close(): Promise<void>;
}

/** The clients of a surface, and the servers on this machine that they reach, for the tests of one `describe`. */
export class Stage<Provider extends ClosableProvider> {
  readonly #surface: Surface;
  readonly #open: (Connection & { readonly finish: () => Promise<unknown> })[] = [];
  #provider: Provider | undefined;
  #backend: RunningPayi | undefined;
  #credentials: Credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', bearerToken: 'token' };
  /** What the running test has been given. */
  receipts: Receipt[] = [];
  diagnostics: Diagnostic[] = [];

  /**
   * Registers the hooks that start and stop the servers.
   *
   * @param start - Starts a provider. Each surface has its own, because a provider may record an aborted request late.
   */
  constructor(surface: Surface, start: () => Promise<Provider & { readonly credentials?: Credentials }>) {
    this.#surface = surface;
    beforeAll(async () => {
      const provider = await start();
      this.#provider = provider;
      if (provider.credentials !== undefined) this.#credentials = provider.credentials;
      this.#backend = await startPayi({
        upstream: { [surface.host]: provider.url },
        limits: [{ id: 'small', max: 0.000_1, type: 'block' }],
      });
    });
    afterAll(() => Promise.all([this.backend.close(), this.provider.close()]));
    beforeEach(() => {
      this.receipts = [];
      this.diagnostics = [];
    });
    afterEach(async () => {
      for (const { close, finish } of this.#open.splice(0)) {
        await finish();
        close();
      }
    });
  }

  get provider(): Provider {
    return started(this.#provider);
  }

  get backend(): RunningPayi {
    return started(this.#backend);
  }

  connect(
    route: Route,
    {
      capture,
      invalidAnnotations,
      plugins,
      require,
      onMissing,
      ...options
    }: Omit<SurfaceOptions, 'payi'> &
      Pick<PayiOptions, 'capture' | 'invalidAnnotations' | 'plugins' | 'require' | 'onMissing'> = {},
  ): Connection {
    const payi = createPayi({
      route,
      apiKey: this.backend.apiKey,
      baseUrl: this.backend.url,
      capture,
      invalidAnnotations,
      plugins,
      require,
      onMissing,
      delivery: { intervalMs: 1 },
      onReceipt: (receipt) => this.receipts.push(receipt),
      onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
    });
    const url = route === 'proxy' ? undefined : this.provider.url;
    const to = { url, credentials: this.#credentials };
    const connection = this.#surface.connect(sdks, { payi, ...options }, to);
    this.#open.push({ ...connection, finish: () => payi.close() });
    return connection;
  }

  /** The one receipt of the call, which nothing follows. */
  async onlyReceipt(): Promise<Receipt> {
    await expect.poll(() => this.receipts.length).toBeGreaterThan(0);
    await sleep(20);
    expect(this.receipts).toHaveLength(1);
    return this.receipts[0] as Receipt;
  }
}

export const ask = (
  connection: Connection,
  question: Question = 'plain',
  headers: Record<string, string> = createHeaders(annotations),
  signal?: AbortSignal,
): Promise<Sent> => connection.send({ question: questions[question], headers, ...(signal && { signal }) });

function started<Server>(server: Server | undefined): Server {
  if (server === undefined) throw new Error('the servers start with the first test');
  return server;
}
