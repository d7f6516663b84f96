import { type BedrockRuntimeClient, ConverseCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import type {} from '@payi/bedrock';
import { createHeaders, type Receipt, whenSettled } from '@payi/core';
import { maxCalls, modelId, stepOf } from './conversation.ts';
import { runTools, toolConfig } from './tools.ts';

/** Asks, runs the tools that the model asks for, and hands it what they found, until it answers. */
export async function converse(bedrock: BedrockRuntimeClient, question: string): Promise<Receipt[]> {
  const messages: Message[] = [{ role: 'user', content: [{ text: question }] }];
  const receipts: Receipt[] = [];
  while (receipts.length < maxCalls) {
    const response = await bedrock.send(
      new ConverseCommand({
        modelId,
        messages,
        toolConfig,
        extraHeaders: createHeaders({ useCaseStep: stepOf(messages) }),
      }),
    );
    receipts.push(await whenSettled(response));
    const message = response.output?.message ?? { role: 'assistant', content: [] };
    if (response.stopReason !== 'tool_use') {
      console.log(message.content?.map(({ text = '' }) => text).join(''));
      return receipts;
    }
    messages.push(message, { role: 'user', content: runTools(message) });
  }
  throw new Error(`The model still asks for tools after ${maxCalls} calls.`);
}
