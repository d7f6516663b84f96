import { describe, expect, it } from 'vitest';
import { upperBound } from './upper-bound.ts';

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const outputOf = (request: object): unknown => upperBound(JSON.stringify(request), 1, 4096)?.text?.output;

describe('upperBound()', () => {
  it('takes each byte for a token of the input', () => {
    const request = { messages: [{ role: 'user', content: 'Grüße, 世界' }], max_tokens: 7 };
    const text = JSON.stringify(request);
    const units = { text: { input: bytes(request), output: 7 } };
    expect(upperBound(text, 1, 4096)).toEqual(units);
    expect(upperBound(new TextEncoder().encode(text), 1, 4096)).toEqual(units);
    expect(upperBound(text, 4, 4096)?.text?.input).toBe(Math.ceil(bytes(request) / 4));
  });

  it.each([
    ['OpenAI chat', { max_completion_tokens: 11 }, 11],
    ['OpenAI chat, several answers', { max_tokens: 11, n: 3 }, 33],
    ['OpenAI responses', { max_output_tokens: 12 }, 12],
    ['Anthropic', { max_tokens: 13 }, 13],
    ['Bedrock Converse', { inferenceConfig: { maxTokens: 14 } }, 14],
    ['Amazon Nova', { inferenceConfig: { max_new_tokens: 15 } }, 15],
    ['Amazon Titan', { textGenerationConfig: { maxTokenCount: 16 } }, 16],
    ['Llama', { max_gen_len: 17 }, 17],
    ['Google', { generationConfig: { maxOutputTokens: 18, candidateCount: 2 } }, 36],
    ['no maximum', { messages: [] }, 4096],
    ['a maximum in the prompt only', { messages: [{ content: '{"max_tokens":1}' }] }, 4096],
    ['a maximum that is none', { max_tokens: null }, 4096],
  ])('knows the maximum of an answer: %s', (_, request, output) => {
    expect(outputOf(request)).toBe(output);
  });

  it('does not take a picture in base64 for text', () => {
    const request = (url: string): object => ({ content: [{ image_url: { url } }] });
    const rest = bytes(request('data:image/png;base64,'));
    const input = (length: number): unknown =>
      upperBound(JSON.stringify(request(`data:image/png;base64,${'iVBORw0K'.repeat(length / 8)}`)), 1, 0)
        ?.text?.input;
    expect(input(4000)).toBe(rest + 2000);
    expect(input(640_000)).toBe(rest + 10_000);
  });

  it.each([
    ['a form', new FormData()],
    ['nothing', undefined],
    ['other text', 'hello'],
  ])('does not know %s', (_, body) => {
    expect(upperBound(body, 1, 4096)).toBeUndefined();
  });
});
