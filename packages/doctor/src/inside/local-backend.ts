import { randomBytes } from 'node:crypto';
import { listen, type RunningServer, startBedrock, startPayi } from '@payi/testkit';

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
export async function startLocalBackend(kind: 'bedrock' | 'http', region: string): Promise<LocalBackend> {
  const secret = randomBytes(30).toString('base64');
  const credentials: LocalCredentials = {
    accessKeyId: 'AKIAPAYIDOCTORDRYRUN',
    secretAccessKey: secret,
    bearerToken: `payi-doctor-${randomBytes(12).toString('hex')}`,
  };
  const provider = await (kind === 'bedrock'
    ? startBedrockProvider(region, credentials)
    : startHttpProvider());
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

const answerText = 'This is a dry run: no model was asked.';

async function startBedrockProvider(region: string, credentials: LocalCredentials): Promise<Provider> {
  const bedrock = await startBedrock({
    region,
    credentials,
    bearerToken: credentials.bearerToken,
    // A wrong signature is a finding; the rest of the dry run is worth having all the same.
    verifySignatures: false,
    answer: () => ({ text: answerText, usage: { inputTokens: 12, outputTokens: 8 } }),
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

/** OpenAI and Anthropic, as far as the one call of a dry run needs them. */
async function startHttpProvider(): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  const server = await listen(async (request, response) => {
    request.resume();
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    requests.push({ headers: Object.fromEntries(headers), signature: 'none', signatureProblem: undefined });
    const isChat = request.url?.split('?')[0]?.endsWith('/chat/completions') === true;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isChat ? chatCompletion : message));
  });
  return { url: server.url, close: server.close, requests: () => requests };
}

const chatCompletion = {
  id: 'chatcmpl-payi-doctor',
  object: 'chat.completion',
  created: 0,
  model: 'dry-run',
  choices: [{ index: 0, message: { role: 'assistant', content: answerText }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 },
};

const message = {
  id: 'msg_payi_doctor',
  type: 'message',
  role: 'assistant',
  model: 'dry-run',
  content: [{ type: 'text', text: answerText }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 8 },
};
