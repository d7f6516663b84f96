/** The operations that Pay-i's proxy serves. */
export const meteredOperations = [
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'Converse',
  'ConverseStream',
] as const;

/** The other operations that AWS bills. On route `proxy` they go to AWS, because the proxy does not serve them. */
const unservedOperations = [
  'ApplyGuardrail',
  'InvokeModelWithBidirectionalStream',
  'StartAsyncInvoke',
] as const;

/** The rest of the Bedrock runtime. Annotations reach it on route `headers` only. */
const otherOperations = [
  'CountTokens',
  'GetAsyncInvoke',
  'InvokeGuardrailChecks',
  'ListAsyncInvokes',
] as const;

/** AWS's name of an operation of the Bedrock runtime: its command without `Command` at the end. */
export type BedrockOperation =
  | (typeof meteredOperations)[number]
  | (typeof unservedOperations)[number]
  | (typeof otherOperations)[number];

/** The operations that can take every route. */
export const billedOperations: readonly string[] = [...meteredOperations, ...unservedOperations];

export const bedrockOperations: readonly string[] = [...billedOperations, ...otherOperations];

const byCommand: ReadonlyMap<string, string> = new Map(
  bedrockOperations.map((operation) => [`${operation}Command`, operation]),
);

/** @param commandName - The name of the command's class. */
export function operationOfCommand(commandName: string): string {
  return byCommand.get(commandName) ?? commandName.replace(/Command$/, '');
}

export function isBedrockOperation(name: unknown): name is BedrockOperation {
  return bedrockOperations.includes(name as string);
}

export function isServed(operation: string): boolean {
  return (meteredOperations as readonly string[]).includes(operation);
}

const byAction: Readonly<Record<string, (typeof meteredOperations)[number]>> = {
  invoke: 'InvokeModel',
  'invoke-with-response-stream': 'InvokeModelWithResponseStream',
  converse: 'Converse',
  'converse-stream': 'ConverseStream',
};

/** @param action - The last segment of a request's path. */
export function operationOfAction(action: string): (typeof meteredOperations)[number] | undefined {
  return byAction[action];
}

/** The operations that registrations name, each once. */
export function registeredNames(
  registrations: Iterable<{ readonly operations: ReadonlySet<string> }>,
): string[] {
  return [...new Set([...registrations].flatMap(({ operations: names }) => [...names]))];
}

/** The registration in force for an operation: the oldest one that names it. */
export function findRegistration<Registration extends { readonly operations: ReadonlySet<string> }>(
  registrations: Iterable<Registration>,
  operation: string,
): Registration | undefined {
  for (const registration of registrations) {
    if (registration.operations.has(operation)) return registration;
  }
  return undefined;
}
