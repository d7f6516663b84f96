import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders } from '@payi/core';

export const client = new BedrockRuntimeClient({ region: 'us-east-1' });
registerBedrockClientCallbacks(client, 'InvokeModel');

/** Right: what createHeaders() returned. */
export const headers = createHeaders({
  useCaseName: 'summary',
  userId: 'u-42',
  limitIds: ['team_a', 'team_b'],
});
/** Wrong: annotations where headers belong. */
export const annotations = { useCaseName: 'summary', userId: 'u-42' };
/** Wrong: the function in place of what it returns. */
export const notCalled = () => createHeaders;
/** Wrong: nothing of Pay-i in it. */
export const empty = {};
