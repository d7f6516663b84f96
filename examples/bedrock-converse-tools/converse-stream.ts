import {
  type BedrockRuntimeClient,
  type ContentBlock,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
} from '@aws-sdk/client-bedrock-runtime';
import type {} from '@payi/bedrock';
import { createHeaders, type Receipt, whenSettled } from '@payi/core';
import { maxCalls, modelId, stepOf } from './conversation.ts';
import { runTools, toolConfig } from './tools.ts';

/** The same conversation, with answers that are shown while the model writes them. */
export async function converseStream(bedrock: BedrockRuntimeClient, question: string): Promise<Receipt[]> {
  const messages: Message[] = [{ role: 'user', content: [{ text: question }] }];
  const receipts: Receipt[] = [];
  while (receipts.length < maxCalls) {
    const response = await bedrock.send(
      new ConverseStreamCommand({
        modelId,
        messages,
        toolConfig,
        extraHeaders: createHeaders({ useCaseStep: stepOf(messages) }),
      }),
    );
    const { message, stopReason } = await readMessage(response.stream ?? []);
    // The receipt of a stream is complete when the stream has been read
    receipts.push(await whenSettled(response));
    if (stopReason !== 'tool_use') {
      console.log();
      return receipts;
    }
    messages.push(message, { role: 'user', content: runTools(message) });
  }
  throw new Error(`The model still asks for tools after ${maxCalls} calls.`);
}

/** Puts a message together from its events, and shows its text as it comes. */
async function readMessage(
  events: AsyncIterable<ConverseStreamOutput> | Iterable<ConverseStreamOutput>,
): Promise<{ message: Message; stopReason: string | undefined }> {
  const content: ContentBlock[] = [];
  let text = '';
  let tool: { toolUseId: string | undefined; name: string | undefined; json: string } | undefined;
  let stopReason: string | undefined;
  for await (const { contentBlockStart, contentBlockDelta, contentBlockStop, messageStop } of events) {
    const { toolUse: start } = contentBlockStart?.start ?? {};
    if (start) tool = { toolUseId: start.toolUseId, name: start.name, json: '' };
    const { text: piece = '', toolUse: delta } = contentBlockDelta?.delta ?? {};
    process.stdout.write(piece);
    text += piece;
    if (tool && delta) tool.json += delta.input ?? '';
    if (contentBlockStop) {
      // The arguments of a tool come as pieces of JSON; a tool without arguments has none
      if (tool) {
        const { toolUseId, name, json } = tool;
        content.push({ toolUse: { toolUseId, name, input: JSON.parse(json || '{}') } });
      } else if (text !== '') content.push({ text });
      text = '';
      tool = undefined;
    }
    if (messageStop) stopReason = messageStop.stopReason;
  }
  return { message: { role: 'assistant', content }, stopReason };
}
