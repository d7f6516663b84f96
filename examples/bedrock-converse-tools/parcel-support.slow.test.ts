import { runLive, runMain } from '@payi-internal/examples/testing';
import { describe, expect, it } from 'vitest';
import { embeddedBackend } from './embedded-backend.ts';

const main = new URL('main.ts', import.meta.url);

describe('the Converse example with tools', () => {
  it('answers with what the tool found, and counts each call of a conversation', async () => {
    const { exitCode, stdout, stderr } = await runMain(main);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Your parcel is in Rotterdam and arrives on Friday.
I will look that up. Your parcel is in Rotterdam and arrives on Friday.

Converse
  ask          complete, 320 in, 60 out, 0.001860 usd, called track_parcel
  tool_result  complete, 410 in, 14 out, 0.001440 usd

ConverseStream
  ask          complete, 320 in, 60 out, 0.001860 usd, called track_parcel
  tool_result  complete, 410 in, 14 out, 0.001440 usd

At Pay-i, one instance of the use case per conversation:
  parcel_support, customer_8: ask, tool_result, 0.003300 usd
  parcel_support, customer_9: ask, tool_result, 0.003300 usd
`);
  });

  it('sends each conversation as one use case instance to the Pay-i that the environment names, with --live', async () => {
    const { exitCode, stderr, backend } = await runLive(main, embeddedBackend);
    expect([exitCode, stderr]).toEqual([0, '']);

    const [whole, , streamed] = backend.payi.requests.map(({ headers }) => headers['xproxy-usecase-id']);
    expect(whole).toMatch(/^[\da-f-]{36}$/);
    expect(streamed).toMatch(/^[\da-f-]{36}$/);
    expect(streamed).not.toBe(whole);
    const call = (user: string, instance: string | undefined, step: string) =>
      expect.objectContaining({
        'xproxy-usecase-name': 'parcel_support',
        'xproxy-usecase-id': instance,
        'xproxy-usecase-step': step,
        'xproxy-user-id': user,
      });
    expect(backend.payi.requests.map(({ headers }) => headers)).toEqual([
      call('customer_8', whole, 'ask'),
      call('customer_8', whole, 'tool_result'),
      call('customer_9', streamed, 'ask'),
      call('customer_9', streamed, 'tool_result'),
    ]);

    // What the model was told the second time is what the tool found.
    const toolResult = {
      toolResult: {
        toolUseId: 'tooluse_1',
        status: 'success',
        content: [{ json: { place: 'Rotterdam', arrives: 'Friday' } }],
      },
    };
    expect(
      backend.bedrock.requests.map(({ operation, body }) => [
        operation,
        JSON.parse(Buffer.from(body).toString()).messages.at(-1).content,
      ]),
    ).toEqual([
      ['Converse', [{ text: expect.stringContaining('PX7K2M') }]],
      ['Converse', [toolResult]],
      ['ConverseStream', [{ text: expect.stringContaining('PX7K2M') }]],
      ['ConverseStream', [toolResult]],
    ]);
  });
});
