import { anthropicContestants } from './anthropic-contestants.ts';
import { bedrockContestants } from './bedrock-contestants.ts';
import type { ContestantDefinition } from './contestant.ts';
import { openaiContestants } from './openai-contestants.ts';

export interface Provider {
  readonly name: string;
  /** The package that the bare client comes from. */
  readonly sdk: string;
  readonly contestants: readonly ContestantDefinition[];
}

export const providers: readonly Provider[] = [
  { name: 'AWS Bedrock', sdk: '@aws-sdk/client-bedrock-runtime', contestants: bedrockContestants },
  { name: 'OpenAI', sdk: 'openai', contestants: openaiContestants },
  { name: 'Anthropic', sdk: '@anthropic-ai/sdk', contestants: anthropicContestants },
];
