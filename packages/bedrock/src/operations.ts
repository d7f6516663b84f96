/** The operations of the Bedrock runtime by AWS's names. Pay-i meters those that its proxy has a route for. */
const operations = {
  InvokeModel: { isMetered: true },
  InvokeModelWithResponseStream: { isMetered: true },
  Converse: { isMetered: true },
  ConverseStream: { isMetered: true },
  // Annotations reach the others on route `headers` only.
  ApplyGuardrail: { isMetered: false },
  CountTokens: { isMetered: false },
  GetAsyncInvoke: { isMetered: false },
  InvokeGuardrailChecks: { isMetered: false },
  InvokeModelWithBidirectionalStream: { isMetered: false },
  ListAsyncInvokes: { isMetered: false },
  StartAsyncInvoke: { isMetered: false },
} as const;

/** AWS's name of an operation of the Bedrock runtime: its command without `Command` at the end. */
export type BedrockOperation = keyof typeof operations;

export const bedrockOperations: readonly string[] = Object.keys(operations);

/** The operations that Pay-i meters. */
export const meteredOperations: readonly string[] = bedrockOperations.filter(isMetered);

const byCommand: ReadonlyMap<string, string> = new Map(
  bedrockOperations.map((operation) => [`${operation}Command`, operation]),
);

/** @param commandName - The name of the command's class. */
export function operationOfCommand(commandName: string): string {
  return byCommand.get(commandName) ?? commandName.replace(/Command$/, '');
}

export function isBedrockOperation(name: unknown): name is BedrockOperation {
  return typeof name === 'string' && Object.hasOwn(operations, name);
}

export function isMetered(operation: string): boolean {
  return isBedrockOperation(operation) && operations[operation].isMetered;
}

/** The operations that registrations name, each once. */
export function registeredNames(
  registrations: Iterable<{ readonly operations: ReadonlySet<string> }>,
): string[] {
  return [...new Set([...registrations].flatMap(({ operations: names }) => [...names]))];
}
