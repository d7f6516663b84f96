import type OpenAI from 'openai';
import { beforeEach, describe, expect, it } from 'vitest';
import { recordedPayi } from '../../../internal/testing/recorded-payi.ts';
import { payiClientOptions, withPayi } from '../src/index.ts';
import { completion } from './answers.ts';
import { sdkNames, sdks } from './sdks.ts';

const fetch = (async () => Response.json(completion)) as typeof globalThis.fetch;
const options = { apiKey: 'sk-test', fetch };

/** Calls that the other tool has heard of. */
let heard: number;
beforeEach(() => {
  heard = 0;
});
const { payi, receipts, diagnostics } = recordedPayi();

const ask = (client: OpenAI) => client.chat.completions.create({ model: 'gpt-4o', messages: [] });

type Wrap = (client: OpenAI) => OpenAI;

/** As LangSmith and others do: the methods of the client are replaced. */
const inPlace: Wrap = (client) => {
  const { completions } = client.chat;
  const create = completions.create.bind(completions);
  completions.create = ((...call: Parameters<typeof create>) => {
    heard += 1;
    return create(...call);
  }) as typeof create;
  return client;
};

/** As Langfuse and Sentry do: an object before the client. Their methods have the client for `this`, or the Proxy. */
const behindProxy =
  (bindsThis: boolean): Wrap =>
  (client) => {
    const before = (target: object): object =>
      new Proxy(target, {
        get(of, name, receiver) {
          const value: unknown = Reflect.get(of, name, bindsThis ? of : receiver);
          if (typeof value === 'function' && (bindsThis || name === 'create')) {
            return (...given: unknown[]) => {
              if (name === 'create') heard += 1;
              return Reflect.apply(value, of, given) as unknown;
            };
          }
          return name === 'chat' || name === 'completions' ? before(value as object) : value;
        },
      });
    return before(client) as OpenAI;
  };

const wrappers: Readonly<Record<string, Wrap>> = {
  'methods replaced in place': inPlace,
  'a Proxy': behindProxy(true),
  'a Proxy that leaves `this` to the client': behindProxy(false),
};

describe.each(sdkNames)('another tool on a client of %s', (sdk) => {
  const { OpenAI } = sdks[sdk] as (typeof sdks)[string];

  it.each(Object.entries(wrappers))('that wraps after withPayi() hears its calls: %s', async (_, wrap) => {
    await ask(wrap(withPayi(new OpenAI(options), { payi })));
    expect([heard, receipts.length, diagnostics]).toEqual([1, 1, []]);
  });

  it.each(Object.entries(wrappers))(
    'that wrapped before withPayi() is named, with the way out: %s',
    async (_, wrap) => {
      const client = withPayi(wrap(new OpenAI(options)), { payi });
      expect(diagnostics).toHaveLength(1);
      expect(diagnostics[0]?.message).toContain(
        'call withPayi() first and give what it returns to the other tool',
      );
      await ask(client);
      // Either of the two sees the call, and the diagnostic says which.
      const seen = { WRAPPER_LOST: [0, 1], CLIENT_LEFT_ALONE: [1, 0] }[
        diagnostics[0]?.code as 'WRAPPER_LOST'
      ];
      expect([heard, receipts.length]).toEqual(seen);
      if (diagnostics[0]?.code === 'WRAPPER_LOST') {
        expect(diagnostics[0].message).toContain('chat.completions.create');
      }
    },
  );

  describe('that has a class of its own', () => {
    class Completions extends OpenAI.Chat.Completions {
      readonly tracer: (() => void) | undefined;
      constructor(client: OpenAI, tracer: (() => void) | undefined) {
        super(client);
        this.tracer = tracer;
      }
      override create = ((...call: unknown[]) => {
        this.tracer?.();
        return Reflect.apply(OpenAI.Chat.Completions.prototype.create, this, call) as unknown;
      }) as never;
    }
    class Traced extends OpenAI {
      constructor({ tracer, ...rest }: { tracer: () => void }) {
        super(rest);
        this.chat.completions = new Completions(this, tracer) as never;
      }
    }
    const tracer = (): void => {
      heard += 1;
    };

    it('loses what a copy does not have, and is named', async () => {
      await ask(withPayi(new Traced({ tracer, ...options }), { payi }));
      expect([heard, receipts.length]).toEqual([0, 1]);
      expect(diagnostics).toMatchObject([
        { code: 'WRAPPER_LOST', message: expect.stringContaining('chat.completions.tracer') },
      ]);
      expect(diagnostics[0]?.message).toContain('payiClientOptions()');
    });

    it('hears the calls with payiClientOptions()', async () => {
      await ask(new Traced({ tracer, ...options, ...payiClientOptions({ payi, fetch }) }));
      expect([heard, receipts.length, diagnostics]).toEqual([1, 1, []]);
    });
  });

  it.each([
    [
      'does not take options',
      class extends OpenAI {
        constructor() {
          super(options);
        }
      },
    ],
    [
      'throws for them',
      class extends OpenAI {
        constructor(tenant: unknown) {
          if (typeof tenant !== 'string') throw new TypeError('a tenant is a text');
          super(options);
        }
      },
    ],
  ])('that has a constructor which %s gets the client back, and is told', async (_, Class) => {
    const client = new Class('tenant');
    expect(withPayi(client, { payi })).toBe(client);
    expect(diagnostics).toMatchObject([{ code: 'CLIENT_LEFT_ALONE', cause: expect.any(TypeError) }]);
    expect(diagnostics[0]?.message).toContain('payiClientOptions()');
    expect((await ask(client)).id).toBe(completion.id);
  });

  it('that only adds members is no wrapper', () => {
    const client = Object.assign(new OpenAI(options), { tenant: 'acme', helper: () => 1 });
    const copy = withPayi(client, { payi });
    expect(diagnostics).toEqual([]);
    expect([copy.tenant, copy.helper]).toEqual(['acme', client.helper]);
  });
});
