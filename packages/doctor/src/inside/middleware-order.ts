import { attemptMiddlewareOptions, callMiddlewareOptions } from '@payi/bedrock/adapter';
import type { Finding } from '../finding.ts';
import { ok, warning } from '../finding.ts';
import type { MiddlewareReport } from '../report.ts';
import type { BedrockClient } from './clients.ts';

/**
 * The middleware of a client in the order in which a call passes them. What a bare client of the same class has is the
 * SDK's; what is not, and is not Pay-i's, is the application's.
 */
export function middlewareOrder(client: BedrockClient): MiddlewareReport[] {
  const own = [...identifyBareClient(client)];
  return client.middlewareStack.identify().map((line) => {
    const [, name = line, step = ''] = /^(.*) - (.*)$/.exec(line) ?? [];
    const index = own.indexOf(line);
    if (index !== -1) own.splice(index, 1);
    const isPayi = /^payi[A-Z]/.test(name);
    return {
      // The other names of a middleware only matter to whoever adds another one relative to it.
      name: name.replace(/ \(a\.k\.a\. .*\)$/, ''),
      step,
      owner: isPayi ? 'payi' : index === -1 ? 'application' : 'sdk',
      isSigner: /^(?:httpSigning|awsAuth)Middleware\b/.test(name),
    };
  });
}

/** Construction opens no connection and asks for no credentials. */
function identifyBareClient(client: BedrockClient): string[] {
  try {
    const Client = client.constructor as new (options: object) => BedrockClient;
    const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
    return new Client({ region: 'us-east-1', credentials }).middlewareStack.identify();
  } catch {
    return [];
  }
}

/** What the order of middleware gives away. For a client that has Pay-i's. */
export function checkOrder(order: readonly MiddlewareReport[]): Finding[] {
  const indexOf = (name: string): number => order.findIndex((one) => one.name === name);
  const call = indexOf(callMiddlewareOptions.name);
  const attempt = indexOf(attemptMiddlewareOptions.name);
  if (call === -1 || attempt === -1) return [];
  const isForeign = ({ owner }: MiddlewareReport): boolean => owner === 'application';
  const names = (list: readonly MiddlewareReport[]): string => list.map(({ name }) => name).join(', ');
  const findings: Finding[] = [];
  const before = order.slice(0, call).filter(isForeign);
  if (before.length > 0) {
    findings.push(
      warning(
        'REGISTERED_LATE',
        `middleware of the application runs before Pay-i's and still sees extraHeaders on the input: ${names(before)}`,
        'Call registerBedrockClientCallbacks() right after the client is made, before other middleware is added to it.',
      ),
    );
  }
  const after = order.slice(attempt + 1).filter(isForeign);
  if (after.length > 0) {
    findings.push(
      warning(
        'MIDDLEWARE_BEHIND_PAYI',
        `middleware of the application runs behind Pay-i's: ${names(after)}; it sees Pay-i's headers, and whatever it takes off does not arrive`,
        "Add it at another step than deserialize, or with priority 'normal' or 'high'.",
      ),
    );
  }
  const signer = order.findIndex(({ isSigner }) => isSigner);
  if (findings.length === 0 && signer < attempt) {
    findings.push(ok('MIDDLEWARE_ORDER', "Pay-i's headers are put on after signing, on each attempt"));
  }
  return findings;
}
