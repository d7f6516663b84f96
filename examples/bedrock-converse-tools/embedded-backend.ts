import type { BedrockAnswer, JsonObject } from '@payi/testkit';
import type { EmbeddedBackendOptions } from '@payi-internal/examples';

/** The Bedrock on this machine asks for the tool first, and answers with what the tool found. */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: ({ operation, json }) => {
    const found = toolResultOf(json);
    if (found) {
      const text = `Your parcel is in ${found.place} and arrives on ${found.arrives}.`;
      return { text, usage: { inputTokens: 410, outputTokens: 14 } };
    }
    return operation === 'ConverseStream' ? streamedToolUse : wholeToolUse;
  },
};

const usage = { inputTokens: 320, outputTokens: 60, totalTokens: 380 };
const toolUse = { toolUseId: 'tooluse_1', name: 'track_parcel' };
const before = 'I will look that up. ';

const wholeToolUse: BedrockAnswer = {
  json: {
    output: {
      message: {
        role: 'assistant',
        content: [{ text: before }, { toolUse: { ...toolUse, input: { parcelId: 'PX7K2M' } } }],
      },
    },
    stopReason: 'tool_use',
    usage,
    metrics: { latencyMs: 1 },
  },
};

const streamedToolUse: BedrockAnswer = {
  events: [
    { event: 'messageStart', payload: { role: 'assistant' } },
    { event: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: before } } },
    { event: 'contentBlockStop', payload: { contentBlockIndex: 0 } },
    { event: 'contentBlockStart', payload: { contentBlockIndex: 1, start: { toolUse } } },
    ...['{"parcel', 'Id":"PX7', 'K2M"}'].map((input) => ({
      event: 'contentBlockDelta',
      payload: { contentBlockIndex: 1, delta: { toolUse: { input } } },
    })),
    { event: 'contentBlockStop', payload: { contentBlockIndex: 1 } },
    { event: 'messageStop', payload: { stopReason: 'tool_use' } },
    { event: 'metadata', payload: { usage, metrics: { latencyMs: 1 } } },
  ],
};

/** What a tool found, as the latest message of a request says it. */
function toolResultOf(request: JsonObject | undefined): { place: string; arrives: string } | undefined {
  const { messages } = request as unknown as {
    messages: { content: { toolResult?: { content: { json: { place: string; arrives: string } }[] } }[] }[];
  };
  return messages.at(-1)?.content[0]?.toolResult?.content[0]?.json;
}
