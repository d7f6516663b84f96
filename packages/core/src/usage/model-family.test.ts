import { describe, expect, it } from 'vitest';
import { familyOf } from './model-family.ts';

const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile';

describe('familyOf()', () => {
  it.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic'],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'anthropic'],
    ['global.anthropic.claude-opus-4-5-20251101-v1:0', 'anthropic'],
    ['us-gov.anthropic.claude-3-haiku-20240307-v1:0', 'anthropic'],
    ['arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0', 'anthropic'],
    [`${profile}/eu.anthropic.claude-sonnet-4-20250514-v1:0`, 'anthropic'],
    [encodeURIComponent(`${profile}/eu.anthropic.claude-sonnet-4-20250514-v1:0`), 'anthropic'],
    ['arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fmeta.llama3-8b-instruct-v1%3A0', 'llama'],
    ['openai.gpt-oss-120b-1:0', 'openai'],
    ['us.openai.gpt-oss-120b-1:0', 'openai'],
    ['meta.llama3-1-8b-instruct-v1:0', 'llama'],
    ['us.meta.llama4-scout-17b-instruct-v1:0', 'llama'],
    ['amazon.nova-lite-v1:0', 'nova'],
    ['apac.amazon.nova-micro-v1:0', 'nova'],
    ['amazon.titan-text-express-v1', 'titan'],
    ['amazon.titan-embed-text-v1', 'titan'],
    ['amazon.titan-embed-text-v2:0', 'titan'],
    ['amazon.titan-embed-image-v1', 'titan'],
    ['cohere.command-r-plus-v1:0', 'cohere'],
    ['cohere.embed-english-v3', 'cohere'],
    ['mistral.mistral-large-2407-v1:0', 'mistral'],
    ['us.deepseek.r1-v1:0', 'deepseek'],
    ['ai21.jamba-1-5-mini-v1:0', 'ai21'],
  ])('knows %s', (modelId, family) => {
    expect(familyOf(modelId)).toBe(family);
  });

  it.each([
    'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123def456',
    'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123def456',
    'amazon.rerank-v1:0',
    'my-anthropic-clone',
    'notmeta.model',
    '',
  ])('does not know %j', (modelId) => {
    expect(familyOf(modelId)).toBeUndefined();
  });

  it('asks the price-as resource only where the id names no maker', () => {
    const opaque = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456';
    expect(familyOf(opaque, 'anthropic.claude-3-haiku-20240307-v1:0')).toBe('anthropic');
    expect(familyOf('amazon.nova-lite-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0')).toBe('nova');
  });
});
