import { type Registration, registrationsOf } from '@payi/core/adapter';
import { error, type Finding, ok } from '../finding.ts';
import type { ClientReport } from '../report.ts';
import type { FetchClient } from './clients.ts';
import { confinement } from './confinement.ts';
import type { FoundClient } from './find-client.ts';
import { startLocalBackend } from './local-backend.ts';
import { localFetch } from './local-fetch.ts';
import { Redirects } from './outgoing.ts';
import type { Rehearsal } from './rehearse.ts';

type FetchProvider = 'openai' | 'anthropic';

export function examineFetchClient({ provider, client }: FoundClient & { provider: FetchProvider }): {
  readonly report: Omit<ClientReport, 'exportName'>;
  readonly registration: Registration | undefined;
  readonly findings: readonly Finding[];
} {
  const [registration] = registrationsOf(client);
  const className = client.constructor.name;
  const finding =
    registration === undefined
      ? error(
          'CLIENT_WITHOUT_PAYI',
          `this ${className} client has no Pay-i: annotations given to its calls go to the provider, and no receipt is left`,
          `Export what withPayi() of @payi/${provider} returns, and call that: const client = withPayi(new ${className}()). ` +
            'The client given to it stays as it was.',
        )
      : ok('CLIENT_WITH_PAYI', `the ${className} client has Pay-i, on route ${registration.payi.route}`);
  return {
    report: {
      provider,
      className,
      endpoint: client.baseURL,
      ...(registration && {
        route: registration.payi.route,
        payiBaseUrl: registration.payi.baseUrl,
        defaults: registration.payi.defaults,
      }),
    },
    registration,
    findings: [finding],
  };
}

/**
 * Prepares one call of a client of OpenAI or Anthropic. Its `fetch` came from the global one, which leads to this
 * machine from here on; credentials for AWS are exchanged.
 */
export async function rehearseFetchClient(
  { provider, client }: FoundClient & { provider: FetchProvider },
  model: string,
  payiBaseUrl: string,
): Promise<Rehearsal> {
  const isSigned = 'awsSecretKey' in client;
  const backend = await startLocalBackend(isSigned ? 'bedrock' : provider, client.awsRegion ?? 'us-east-1');
  const redirects = new Redirects(backend, payiBaseUrl);
  confinement().fetch = localFetch(redirects);
  const { accessKeyId, secretAccessKey, bearerToken } = backend.credentials;
  if (isSigned) {
    Object.assign(client, {
      awsAccessKey: accessKeyId,
      awsSecretKey: secretAccessKey,
      awsSessionToken: null,
      ...(typeof client.apiKey === 'string' && { apiKey: bearerToken }),
    });
  }
  const messages = [{ role: 'user', content: 'payi-doctor dry run' }];
  return {
    backend,
    redirects,
    findings: [],
    call: (headers) => {
      const options = { headers, maxRetries: 0 };
      return provider === 'openai'
        ? (client.chat as NonNullable<FetchClient['chat']>).completions.create({ model, messages }, options)
        : (client.messages as NonNullable<FetchClient['messages']>).create(
            { model, messages, max_tokens: 16 },
            options,
          );
    },
    dispose: () => {
      confinement().fetch = undefined;
    },
  };
}
