import type { ContentBlock, Message, ToolConfiguration } from '@aws-sdk/client-bedrock-runtime';

/** What the model may ask for. */
export const toolConfig: ToolConfiguration = {
  tools: [
    {
      toolSpec: {
        name: 'track_parcel',
        description: 'Says where a parcel is and when it arrives.',
        inputSchema: {
          json: {
            type: 'object',
            properties: { parcelId: { type: 'string', description: 'Six letters and digits' } },
            required: ['parcelId'],
          },
        },
      },
    },
  ],
};

const parcels: Readonly<Record<string, { place: string; arrives: string }>> = {
  PX7K2M: { place: 'Rotterdam', arrives: 'Friday' },
};

/** Runs every tool that a message asks for. */
export function runTools({ content = [] }: Message): ContentBlock[] {
  return content.flatMap(({ toolUse }) => {
    if (toolUse === undefined) return [];
    const { parcelId = '' } = toolUse.input as { parcelId?: string };
    const parcel = toolUse.name === 'track_parcel' ? parcels[parcelId] : undefined;
    return {
      toolResult: {
        toolUseId: toolUse.toolUseId,
        content: [{ json: parcel ?? { error: `nothing is known of ${toolUse.name}(${parcelId})` } }],
        status: parcel ? ('success' as const) : ('error' as const),
      },
    };
  });
}
