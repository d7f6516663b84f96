import { percentDecode } from './percent-decode.ts';

/** The operations of the Bedrock runtime that the local Bedrock answers. */
export type BedrockOperation =
  | 'InvokeModel'
  | 'InvokeModelWithResponseStream'
  | 'Converse'
  | 'ConverseStream'
  | 'CountTokens'
  | 'ApplyGuardrail';

/** The operation and the model of a path. */
export interface BedrockRoute {
  operation: BedrockOperation;
  /** The decoded model id, e.g. an ARN; `''` for ApplyGuardrail. */
  modelId: string;
}

const modelOperations: ReadonlyMap<string | undefined, BedrockOperation> = new Map([
  ['invoke', 'InvokeModel'],
  ['invoke-with-response-stream', 'InvokeModelWithResponseStream'],
  ['converse', 'Converse'],
  ['converse-stream', 'ConverseStream'],
  ['count-tokens', 'CountTokens'],
]);

/**
 * Finds the operation of a path as received. The model id must be one segment: an ARN with decoded slashes has no
 * operation, as at AWS.
 */
export function findRoute(rawPath: string): BedrockRoute | undefined {
  if (/^\/guardrail\/[^/]+\/version\/[^/]+\/apply$/.test(rawPath)) {
    return { operation: 'ApplyGuardrail', modelId: '' };
  }
  const [, modelId, action] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(rawPath) ?? [];
  const operation = modelOperations.get(action);
  if (modelId === undefined || operation === undefined) return undefined;
  return { operation, modelId: percentDecode(modelId) };
}
