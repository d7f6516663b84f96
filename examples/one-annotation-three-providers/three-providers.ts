import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { createHeaders } from '@payi/core';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import OpenAI from 'openai';

const question = 'Name one thing that every provider should tell about a call.';

/** The same question to three providers, for the same user and purpose; gives what each of them said. */
export async function threeProviders(): Promise<Record<string, string | undefined>> {
  // One client per provider, each with Pay-i
  const bedrock = new BedrockRuntimeClient();
  registerBedrockClientCallbacks(bedrock, 'Converse');
  const openai = withPayiOpenAI(new OpenAI());
  const anthropic = withPayiAnthropic(new Anthropic());

  // One annotation
  const headers = createHeaders({
    useCaseName: 'provider_comparison',
    useCaseId: 'comparison-1',
    userId: 'analyst_456',
    limitIds: ['comparison_budget'],
    requestTags: ['nightly'],
  });

  // Bedrock takes it as extraHeaders, a member of the command's input …
  const converse = await bedrock.send(
    new ConverseCommand({
      modelId: process.env.BEDROCK_MODEL_ID ?? 'anthropic.claude-3-7-sonnet-20250219-v1:0',
      messages: [{ role: 'user', content: [{ text: question }] }],
      extraHeaders: headers,
    }),
  );

  // … and the other two as headers, an option of the request
  const messages = [{ role: 'user' as const, content: question }];
  const completion = await openai.chat.completions.create({ model: 'gpt-4o', messages }, { headers });
  const message = await anthropic.messages.create(
    { model: 'claude-opus-4-5', max_tokens: 100, messages },
    { headers },
  );

  bedrock.destroy();
  return {
    'AWS Bedrock': converse.output?.message?.content?.[0]?.text,
    OpenAI: completion.choices[0]?.message.content ?? undefined,
    Anthropic: message.content.find((block) => block.type === 'text')?.text,
  };
}
