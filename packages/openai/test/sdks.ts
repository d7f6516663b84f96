import OpenAI, { AzureOpenAI } from 'openai';
import OpenAI5, { AzureOpenAI as AzureOpenAI5 } from 'openai-5';
import OpenAI6, { AzureOpenAI as AzureOpenAI6 } from 'openai-6';

/** The oldest version that is supported, the first of the major after it, and the newest. They agree in what is used here. */
export const sdks = {
  'openai 5.0.0': { OpenAI: OpenAI5, AzureOpenAI: AzureOpenAI5 },
  'openai 6.0.0': { OpenAI: OpenAI6, AzureOpenAI: AzureOpenAI6 },
  'openai 7.57.0': { OpenAI, AzureOpenAI },
} as unknown as Record<string, { OpenAI: typeof OpenAI; AzureOpenAI: typeof AzureOpenAI }>;

export const sdkNames: string[] = Object.keys(sdks);
