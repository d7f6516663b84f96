// A program that never imports @payi/bedrock has the AWS SDK's own types: nothing would send the headers.
import { type BedrockRuntime, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { createHeaders } from '@payi/core';

const extraHeaders = createHeaders({ userId: 'data_scientist_123' });

export function refusesExtraHeaders(bedrock: BedrockRuntime): void {
  // @ts-expect-error -- no such member without the adapter
  new InvokeModelCommand({ modelId: 'model', body: '{}', extraHeaders });
  // @ts-expect-error -- no such member without the adapter
  void bedrock.converse({ modelId: 'model', messages: [], extraHeaders });
}
