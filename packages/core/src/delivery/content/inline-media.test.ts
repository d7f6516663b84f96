import { describe, expect, it } from 'vitest';
import { withoutInlineMedia } from './inline-media.ts';

const gone = '<not_instrumented>';
const png = 'iVBORw0KGgo=';

describe('withoutInlineMedia()', () => {
  it.each<[string, unknown, unknown]>([
    [
      'OpenAI chat, picture and sound',
      [
        { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } },
        { type: 'input_audio', input_audio: { data: png, format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${png}` } },
      ],
      [
        { type: 'image_url', image_url: { url: gone, detail: 'low' } },
        { type: 'input_audio', input_audio: { data: gone, format: 'wav' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: gone } },
      ],
    ],
    [
      'Google, content and pictures of Imagen',
      [
        { parts: [{ inlineData: { mimeType: 'image/png', data: png } }] },
        { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: png }] },
      ],
      [
        { parts: [{ inlineData: { mimeType: 'image/png', data: gone } }] },
        { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: gone }] },
      ],
    ],
    [
      'OpenAI chat, spoken answer, whole and in pieces',
      [
        { message: { audio: { id: 'a1', data: png, transcript: 'Hi' } } },
        { delta: { audio: { data: png } } },
      ],
      [
        { message: { audio: { id: 'a1', data: gone, transcript: 'Hi' } } },
        { delta: { audio: { data: gone } } },
      ],
    ],
    [
      'OpenAI responses',
      [
        { type: 'input_image', image_url: `data:image/jpeg;base64,${png}` },
        { type: 'image_generation_call', id: 'ig_1', result: png },
        { type: 'response.image_generation_call.partial_image', partial_image_b64: png },
      ],
      [
        { type: 'input_image', image_url: gone },
        { type: 'image_generation_call', id: 'ig_1', result: gone },
        { type: 'response.image_generation_call.partial_image', partial_image_b64: gone },
      ],
    ],
    ['OpenAI images', { data: [{ b64_json: png }] }, { data: [{ b64_json: gone }] }],
    [
      'Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: gone } },
    ],
    [
      'Converse',
      { image: { format: 'png', source: { bytes: png } } },
      { image: { format: 'png', source: { bytes: gone } } },
    ],
    [
      'Titan and Stability',
      { taskType: 'X', images: [png], artifacts: [{ base64: png, finishReason: 'SUCCESS' }] },
      { taskType: 'X', images: [gone], artifacts: [{ base64: gone, finishReason: 'SUCCESS' }] },
    ],
    [
      'Gemini',
      { inline_data: { mime_type: 'image/png', data: png } },
      { inline_data: { mime_type: 'image/png', data: gone } },
    ],
    ['a data URL amid text', `Look: ![x](data:image/png;base64,${png}) nice`, `Look: ![x](${gone}) nice`],
    ['a data URL without base64', { url: 'data:image/svg+xml,<svg/>' }, { url: gone }],
    [
      'JSON in a text, as tools get and give it',
      { role: 'tool', content: JSON.stringify([{ type: 'image', data: 'QUJD'.repeat(100), note: 'hi' }]) },
      { role: 'tool', content: `[{"type":"image","data":"${gone}","note":"hi"}]` },
    ],
    [
      'a file in lines',
      { text: `see\n${`${'QUJD'.repeat(19)}\n`.repeat(5)}QUJD==\nthere` },
      { text: `see\n${gone}\nthere` },
    ],
    [
      'OpenAI speech, in pieces',
      [
        { type: 'speech.audio.delta', audio: png },
        { type: 'response.audio.delta', delta: png },
      ],
      [
        { type: 'speech.audio.delta', audio: gone },
        { type: 'response.audio.delta', delta: gone },
      ],
    ],
    ['anything long', { unheardOf: 'QUJD'.repeat(100) }, { unheardOf: gone }],
  ])('replaces that of %s', (_, value, expected) => {
    expect(withoutInlineMedia(value)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['prose', { text: 'word '.repeat(1000) }],
    ['a link to a picture', { image_url: { url: 'https://example.com/cat.png' } }],
    ['a document of text', { source: { type: 'text', media_type: 'text/plain', data: 'Dear Sir or Madam' } }],
    [
      'what a tool takes',
      { input: { data: 'abc', bytes: 12, image: 'https://example.com/x', result: 'ok' } },
    ],
    ['text that begins like one', { text: 'data: none yet' }],
    ['numbers, null and empty text', { a: 1, b: null, data: '', bytes: '', list: [true] }],
  ])('leaves %s', (_, value) => {
    const copy = structuredClone(value);
    expect(withoutInlineMedia(copy)).toEqual(value);
  });

  it('takes a member called __proto__ for what it is', () => {
    const value = JSON.parse(`{"__proto__":{"bytes":"${png}"},"bytes":"${png}"}`);
    expect(JSON.stringify(withoutInlineMedia(value))).toBe(
      `{"__proto__":{"bytes":"${gone}"},"bytes":"${gone}"}`,
    );
    expect(({} as { bytes?: string }).bytes).toBeUndefined();
  });

  it('replaces credentials of the servers that a model is to call, and signatures of URLs', () => {
    const secret = 's3cret-s3cret-s3cret-s3cret';
    const body = {
      tools: [
        {
          type: 'mcp',
          server_url: 'https://me:pw@mcp.example/',
          authorization: secret,
          headers: { 'X-Api-Key': secret, 'x-team': 'red' },
        },
      ],
      mcp_servers: [{ type: 'url', authorization_token: secret }],
      image_url: `https://b.s3.amazonaws.com/a.png?X-Amz-Credential=${secret}&X-Amz-Date=1&X-Amz-Signature=${secret}`,
      text: `curl -H 'Authorization: Bearer ${secret}'`,
      logprobs: [{ token: 'Hi' }],
    };
    expect(withoutInlineMedia(body)).toEqual({
      tools: [
        {
          type: 'mcp',
          server_url: `https://${gone}@mcp.example/`,
          authorization: gone,
          headers: { 'X-Api-Key': gone, 'x-team': 'red' },
        },
      ],
      mcp_servers: [{ type: 'url', authorization_token: gone }],
      image_url: `https://b.s3.amazonaws.com/a.png?X-Amz-Credential=${gone}&X-Amz-Date=1&X-Amz-Signature=${gone}`,
      text: `curl -H 'Authorization: Bearer ${gone}'`,
      logprobs: [{ token: 'Hi' }],
    });
  });

  it('finds what is long wherever it begins', () => {
    for (let at = 0; at < 130; at += 1) {
      const before = ' '.repeat(at);
      expect(withoutInlineMedia(`${before}${'A'.repeat(256)} x`)).toBe(`${before}${gone} x`);
      expect(withoutInlineMedia(`${before}${'A'.repeat(255)}`)).toBe(`${before}${'A'.repeat(255)}`);
      const lines = `${'A'.repeat(60)}\n`.repeat(3);
      expect(withoutInlineMedia(`${before}${lines}`)).toBe(`${before}${gone}`);
    }
  });

  it('takes no longer than reading takes, whatever the text', () => {
    // Of this process, however long others have the processor.
    const before = process.cpuUsage();
    for (const text of [
      'a'.repeat(255).concat(' ').repeat(8000),
      '://a'.repeat(500_000),
      `${'A'.repeat(76)}\n\n`.repeat(20_000),
    ])
      withoutInlineMedia({ text });
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
