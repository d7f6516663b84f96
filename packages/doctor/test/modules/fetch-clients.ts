import { Anthropic } from '@anthropic-ai/sdk';
import { withPayi as anthropicWithPayi } from '@payi/anthropic';
import { createHeaders, createPayi } from '@payi/core';
import { withPayi } from '@payi/openai';
import { AzureOpenAI, OpenAI } from 'openai';

const options = { apiKey: 'a-key-of-the-provider' };

export const openai = (): OpenAI => withPayi(new OpenAI(options));
export const azure = (): OpenAI =>
  withPayi(
    new AzureOpenAI({
      ...options,
      endpoint: 'https://acme.openai.azure.com',
      apiVersion: '2024-10-21',
      deployment: 'chat',
    }),
  );
export const anthropic = (): Anthropic => anthropicWithPayi(new Anthropic(options));
export const direct = (): OpenAI => withPayi(new OpenAI(options), { payi: createPayi({ route: 'direct' }) });
export const byHand = (): OpenAI =>
  new OpenAI({ ...options, baseURL: 'https://api.pay-i.com/api/v1/proxy/openai/v1' });

export const headers = () => createHeaders({ userId: 'u-42' });
export const annotations = { userId: 'u-42' };
