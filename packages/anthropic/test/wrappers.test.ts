import Anthropic from '@anthropic-ai/sdk';
import OldAnthropic from '@anthropic-ai/sdk-0';
import { isPayiError } from '@payi/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordedPayi } from '../../../internal/testing/recorded-payi.ts';
import { withPayi } from '../src/index.ts';
import { message } from './answers.ts';

const fetch = (async () => Response.json(message)) as typeof globalThis.fetch;
const options = { apiKey: 'k', fetch };

/** Calls that the other tool has heard of. */
let heard = 0;
beforeEach(() => {
  heard = 0;
});
const { payi, receipts, diagnostics } = recordedPayi();

const ask = (client: Anthropic) => client.messages.create({ model: 'claude', max_tokens: 5, messages: [] });

const wrappers: Readonly<Record<string, (client: Anthropic) => Anthropic>> = {
  'methods replaced in place'(client) {
    const { messages } = client;
    const create = messages.create.bind(messages);
    messages.create = ((...call: Parameters<typeof create>) => {
      heard += 1;
      return create(...call);
    }) as typeof create;
    return client;
  },
  'a Proxy'(client) {
    const messages = new Proxy(client.messages, {
      get: (of, name) =>
        name !== 'create'
          ? Reflect.get(of, name)
          : (...call: unknown[]) => {
              heard += 1;
              return Reflect.apply(of.create, of, call) as unknown;
            },
    });
    return new Proxy(client, { get: (of, name) => (name === 'messages' ? messages : Reflect.get(of, name)) });
  },
};

const versions = { newest: Anthropic, '0.103.0': OldAnthropic as unknown as typeof Anthropic };

describe.each(Object.entries(versions))('another tool on an Anthropic client, %s', (_version, Client) => {
  it.each(Object.entries(wrappers))('that wraps after withPayi() hears its calls: %s', async (_, wrap) => {
    await ask(wrap(withPayi(new Client(options), { payi })));
    expect([heard, receipts.length, diagnostics]).toEqual([1, 1, []]);
  });

  it.each(Object.entries(wrappers))(
    'that wrapped before withPayi() is named, with the way out: %s',
    async (_, wrap) => {
      await ask(withPayi(wrap(new Client(options)), { payi }));
      expect(diagnostics).toHaveLength(1);
      expect(diagnostics[0]?.message).toContain(
        'call withPayi() first and give what it returns to the other tool',
      );
      const seen = { WRAPPER_LOST: [0, 1], CLIENT_LEFT_ALONE: [1, 0] }[
        diagnostics[0]?.code as 'WRAPPER_LOST'
      ];
      expect([heard, receipts.length]).toEqual(seen);
    },
  );

  it('is refused where it authenticates in its own way, by its name', () => {
    class AnthropicGoogleCloud extends Client {
      override async authHeaders(): Promise<never> {
        return undefined as never;
      }
    }
    class AnthropicElsewhere extends Client {
      readonly workspaceId = 'wrkspc_1';
    }
    class SignedAnthropic extends Client {
      override backendMiddleware(): never[] {
        return [];
      }
    }
    class Below extends SignedAnthropic {}
    for (const Class of [AnthropicGoogleCloud, AnthropicElsewhere, SignedAnthropic, Below]) {
      const refuse = (): unknown => withPayi(new Class(options), { payi });
      expect(refuse).toThrow(`which lacks a category of Pay-i for ${Class.name}. Pass `);
      expect(refuse).toThrow(expect.toSatisfy(isPayiError));
    }
    class Ours extends Client {
      readonly tenant = 'acme';
      override async prepareOptions(): Promise<void> {}
    }
    expect(withPayi(new Ours(options), { payi })).toBeInstanceOf(Ours);
  });
});
