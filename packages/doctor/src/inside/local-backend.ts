import { randomBytes } from 'node:crypto';
import { type RunningServer, startAnthropic, startBedrock, startOpenAI, startPayi } from '@payi/testkit';

/** A request as a provider on this machine received it. */
export interface ProviderRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: 'valid' | 'invalid' | 'none';
  readonly signatureProblem: string | undefined;
}

/** A Pay-i and a provider on 127.0.0.1, for one dry run. */
export interface LocalBackend {
  readonly payiUrl: string;
  readonly payiKey: string;
  readonly providerUrl: string;
  readonly credentials: LocalCredentials;
  /** Each annotated request that Pay-i got, by its headers. Names in lower case. */
  payiRequests(): readonly Readonly<Record<string, string>>[];
  /** What was reported to Pay-i's ingest API. */
  ingested(): readonly { readonly headers: Readonly<Record<string, string>>; readonly body: string }[];
  providerRequests(): readonly ProviderRequest[];
  close(): Promise<void>;
}

/** Made for the dry run; nobody else knows them. */
export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bearerToken: string;
}

/** @param region - That requests are signed for. */
export async function startLocalBackend(
  kind: 'bedrock' | 'openai' | 'anthropic',
  region: string,
): Promise<LocalBackend> {
  const secret = randomBytes(30).toString('base64');
  const credentials: LocalCredentials = {
    accessKeyId: 'AKIAPAYIDOCTORDRYRUN',
    secretAccessKey: secret,
    bearerToken: `payi-doctor-${randomBytes(12).toString('hex')}`,
  };
  const provider = await (kind === 'bedrock'
    ? startBedrockProvider(region, credentials)
    : startKeyProvider(kind === 'openai' ? startOpenAI : startAnthropic));
  const payi = await startPayi({
    apiKey: `payi-doctor-${randomBytes(12).toString('hex')}`,
    upstream: provider.url,
  });
  const isIngest = (path: string): boolean => path.startsWith('/api/v1/ingest');
  return {
    payiUrl: payi.url,
    payiKey: payi.apiKey,
    providerUrl: provider.url,
    credentials,
    payiRequests: () => payi.requests.filter(({ path }) => !isIngest(path)).map(({ headers }) => headers),
    ingested: () =>
      payi.requests
        .filter(({ path }) => isIngest(path))
        .map(({ headers, body }) => ({ headers, body: body.toString() })),
    providerRequests: provider.requests,
    close: async () => {
      await Promise.all([payi.close(), provider.close()]);
    },
  };
}

interface Provider extends Pick<RunningServer, 'url' | 'close'> {
  requests(): readonly ProviderRequest[];
}

const answer = () => ({
  text: 'This is a dry run: no model was asked.',
  usage: { inputTokens: 12, outputTokens: 8 },
});

async function startBedrockProvider(region: string, credentials: LocalCredentials): Promise<Provider> {
  const bedrock = await startBedrock({
    region,
    credentials,
    bearerToken: credentials.bearerToken,
    // A wrong signature is a finding; the rest of the dry run is worth having all the same.
    verifySignatures: false,
    answer,
  });
  return {
    url: bedrock.url,
    close: bedrock.close,
    requests: () =>
      bedrock.requests.map(({ headers, signature: { scheme, valid, reason } }) => ({
        headers,
        signature: scheme === 'none' || scheme === 'bearer' ? 'none' : valid ? 'valid' : 'invalid',
        signatureProblem: valid ? undefined : reason,
      })),
  };
}

/** OpenAI or Anthropic. */
async function startKeyProvider(start: typeof startOpenAI | typeof startAnthropic): Promise<Provider> {
  const server = await start({ answer });
  return {
    url: server.url,
    close: server.close,
    requests: () =>
      server.requests.map(({ headers }) => ({ headers, signature: 'none', signatureProblem: undefined })),
  };
}
