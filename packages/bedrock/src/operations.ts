/** The operations that Pay-i meters: its proxy has a route for each. */
const meteredOperations = [
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
export type BedrockOperation = (typeof meteredOperations)[number] | (typeof otherOperations)[number];

const metered: ReadonlySet<string> = new Set(meteredOperations);

export const bedrockOperations: ReadonlySet<string> = new Set([...meteredOperations, ...otherOperations]);

export const meteredOperationNames: string = meteredOperations.join(', ');

export function isMetered(operation: string): boolean {
  return metered.has(operation);
}
