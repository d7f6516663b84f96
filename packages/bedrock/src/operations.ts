/** The operations that Pay-i meters: its proxy has a route for each. */
export const meteredOperations = [
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

export const bedrockOperations: readonly string[] = [...meteredOperations, ...otherOperations];

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

export function isMetered(operation: string): boolean {
  return (meteredOperations as readonly string[]).includes(operation);
}

/** The operations that registrations name, each once. */
export function registeredNames(
  registrations: Iterable<{ readonly operations: ReadonlySet<string> }>,
): string[] {
  return [...new Set([...registrations].flatMap(({ operations: names }) => [...names]))];
}
