import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import OpenAI from 'openai';

/** Asks a model with the annotations of one call. Ends with the error of the provider's own SDK when Pay-i blocks the call. */
export type Ask = (question: string, headers: Record<string, string>) => Promise<string>;

/** One way to ask for each provider; OpenAI with a small model too. */
export function createProviders(): Record<'AWS Bedrock' | 'OpenAI' | 'OpenAI, small' | 'Anthropic', Ask> {
  const bedrock = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(bedrock, 'Converse');
  const openai = withPayiOpenAI(new OpenAI());
  const anthropic = withPayiAnthropic(new Anthropic());
  const modelId = process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0';

  const askOpenAI =
    (model: string): Ask =>
    async (question, headers) => {
      const messages = [{ role: 'user' as const, content: question }];
      const { choices } = await openai.chat.completions.create({ model, messages }, { headers });
      return choices[0]?.message.content ?? '';
    };

  return {
    'AWS Bedrock': async (question, extraHeaders) => {
      const messages = [{ role: 'user' as const, content: [{ text: question }] }];
      const { output } = await bedrock.send(new ConverseCommand({ modelId, messages, extraHeaders }));
      return output?.message?.content?.[0]?.text ?? '';
    },
    OpenAI: askOpenAI('gpt-4o'),
    'OpenAI, small': askOpenAI('gpt-4o-mini'),
    Anthropic: async (question, headers) => {
      const messages = [{ role: 'user' as const, content: question }];
      const { content } = await anthropic.messages.create(
        { model: 'claude-opus-4-5', max_tokens: 200, messages },
        { headers },
      );
      return content.find((block) => block.type === 'text')?.text ?? '';
    },
  };
}
