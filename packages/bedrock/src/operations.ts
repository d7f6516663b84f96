/** The operations that Pay-i's proxy has a route for. */
const proxiedOperations = [
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'Converse',
  'ConverseStream',
] as const;

/** The other operations of the Bedrock runtime. Annotations reach them on route `headers` only. */
const otherOperations = [
  'ApplyGuardrail',
  'CountTokens',
  'GetAsyncInvoke',
  'InvokeGuardrailChecks',
  'InvokeModelWithBidirectionalStream',
  'ListAsyncInvokes',
  'StartAsyncInvoke',
] as const;

/** AWS's name of an operation of the Bedrock runtime: its command without `Command` at the end. */
export type BedrockOperation = (typeof proxiedOperations)[number] | (typeof otherOperations)[number];

const proxied: ReadonlySet<string> = new Set(proxiedOperations);

export const bedrockOperations: ReadonlySet<string> = new Set([...proxiedOperations, ...otherOperations]);

export const proxiedOperationNames: string = proxiedOperations.join(', ');

export function isProxied(operation: string): boolean {
  return proxied.has(operation);
}
