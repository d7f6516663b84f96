import { describe, expect, it } from 'vitest';
import { requestedModel } from './requested-model.ts';

describe('requestedModel()', () => {
  it('is a member of a JSON body', () => {
    expect(requestedModel(Buffer.from('{"model":"gpt-4o","messages":[]}'))).toBe('gpt-4o');
  });

  it('is a field of a form, wherever it stands', async () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array([0, 255, 13, 10, 13, 10])]), 'name="model".mp3');
    form.set('model', 'gpt-4o-transcribe');
    const body = await new Response(form).bytes();
    expect(requestedModel(body)).toBe('gpt-4o-transcribe');
  });

  it.each(['', '{}', '{"model":""}', '{"model":1}', 'name="model"\r\n\r\nx\r\n', '[]'])(
    'is unknown in %j',
    (body) => {
      expect(requestedModel(Buffer.from(body))).toBe('system.unknown_model');
    },
  );
});
