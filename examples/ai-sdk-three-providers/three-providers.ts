import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { payiClientOptions as payiForAnthropic } from '@payi/anthropic';
import { payiClientOptions as payiForBedrock } from '@payi/bedrock';
import { type CollectedReceipts, collectReceipts, track } from '@payi/core/context';
import { payiClientOptions as payiForOpenAI } from '@payi/openai';
import { generateText, streamText } from 'ai';

const prompt = 'Name one thing that every provider should tell about a call.';

/** The same question to three providers, for the same user: what each said, and the receipts of all calls. */
export async function threeProviders(): Promise<CollectedReceipts<Record<string, string>>> {
  // One fetch per provider; none of their SDKs is installed
  const bedrock = createAmazonBedrock({ ...payiForBedrock() });
  const openai = createOpenAI({ ...payiForOpenAI() });
  const anthropic = createAnthropic({ ...payiForAnthropic() });

  // One annotation around all of it, which reaches the proxy with each call
  const annotations = {
    useCaseName: 'provider_comparison',
    userId: 'analyst_456',
    limitIds: ['comparison_budget'],
  };
  return collectReceipts(() =>
    track(annotations, async () => {
      const onBedrock = await generateText({ model: bedrock('amazon.nova-lite-v1:0'), prompt });
      const atOpenAI = await generateText({ model: openai('gpt-4o'), prompt });

      // A stream is read inside, so that its receipt is collected
      let streamed = '';
      for await (const piece of streamText({ model: anthropic('claude-opus-4-5'), prompt }).textStream) {
        streamed += piece;
      }
      return { 'AWS Bedrock': onBedrock.text, OpenAI: atOpenAI.text, Anthropic: streamed };
    }),
  );
}
