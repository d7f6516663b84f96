import type { Message } from '@aws-sdk/client-bedrock-runtime';

/** Any model that can use tools; in many regions by an inference profile, such as `us.anthropic.…`. */
export const modelId: string = process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0';

/** A model that goes on asking for tools would otherwise never end. */
export const maxCalls = 5;

/** What a call is for within its use case: the first one asks, those after it bring what tools found. */
export function stepOf(messages: readonly Message[]): string {
  return messages.length === 1 ? 'ask' : 'tool_result';
}
