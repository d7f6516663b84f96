import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { type Receipt, type Route, whenSettled } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, errorOf, model, observe, question, until } from './clients.ts';
import { eventsOf, message, type RunningAnthropic, type Script, startAnthropic } from './start-anthropic.ts';

let provider: RunningAnthropic;
let backend: RunningPayi;

beforeAll(async () => {
  provider = await startAnthropic();
  backend = await startPayi({ upstream: { 'api.anthropic.com': provider.url } });
});
afterAll(() => Promise.all([backend.close(), provider.close()]));

const soon = { 'retry-after-ms': '1' };
const busy: Script = {
  error: { status: 529, body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
  headers: soon,
};
const toolUse = {
  ...message,
  stop_reason: 'tool_use',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } }],
};
const json = { ...message, content: [{ type: 'text', text: '{"city":"Paris","sunny":true}' }] };
const outputFormat = jsonSchemaOutputFormat({
  type: 'object',
  properties: { city: { type: 'string' }, sunny: { type: 'boolean' } },
  required: ['city', 'sunny'],
  additionalProperties: false,
} as const);
const getWeather = betaTool({
  name: 'get_weather',
  description: 'The weather of a city',
  inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const,
  run: ({ city }) => `sunny in ${city}`,
});

/** What an application can tell of a response. */
const outline = (response: Response) => ({
  status: response.status,
  statusText: response.statusText,
  ok: response.ok,
  contentType: response.headers.get('content-type'),
  requestId: response.headers.get('request-id'),
  isResponse: response instanceof Response,
  bodyUsed: response.bodyUsed,
});

const textOf = async (stream: ReadableStream): Promise<string> => new Response(stream).text();

interface Behaviour {
  readonly scripts?: readonly Script[];
  /** Routes on which it would need the provider's real address. */
  readonly except?: Route;
  /** One per call of the SDK; a retry is none. */
  readonly receipts: number;
  run(client: Anthropic): Promise<unknown>;
}

/** What the SDK offers around an answer; each gives what the application sees. */
const behaviours: Record<string, Behaviour> = {
  'a message': {
    receipts: 1,
    run: async (client) => {
      const answer = await client.messages.create(question);
      return [answer, Object.keys(answer), answer._request_id];
    },
  },
  '.withResponse() of a message': {
    receipts: 1,
    run: async (client) => {
      const { data, response, request_id } = await client.messages.create(question).withResponse();
      return [data, outline(response), request_id];
    },
  },
  '.asResponse() of a message, read as JSON': {
    receipts: 1,
    run: async (client) => {
      const response = await client.messages.create(question).asResponse();
      return [outline(response), await response.json(), response.bodyUsed];
    },
  },
  '.asResponse() of a message, read as text, bytes and stream': {
    receipts: 3,
    run: async (client) => {
      const [one, two, three] = await Promise.all(
        [1, 2, 3].map(() => client.messages.create(question).asResponse()),
      );
      const copy = (one as Response).clone();
      return [
        await (one as Response).text(),
        await copy.text(),
        new Uint8Array(await (two as Response).arrayBuffer()),
        await textOf((three as Response).body as ReadableStream),
      ];
    },
  },
  '.asResponse() of a stream': {
    receipts: 1,
    run: async (client) => {
      const response = await client.messages.create({ ...question, stream: true }).asResponse();
      return [outline(response), await response.text()];
    },
  },
  'a stream, iterated': {
    receipts: 1,
    run: async (client) => collect(await client.messages.create({ ...question, stream: true })),
  },
  'a stream, left by break': {
    receipts: 1,
    scripts: [{ events: eventsOf(Array(50).fill('a')), eventDelayMs: 2 }],
    run: async (client) => {
      const stream = await client.messages.create({ ...question, stream: true });
      const seen: string[] = [];
      for await (const { type } of stream) if (seen.push(type) === 4) break;
      return [seen, stream.controller.signal.aborted];
    },
  },
  'a stream, aborted by its controller': {
    receipts: 1,
    scripts: [{ events: eventsOf(Array(50).fill('a')), eventDelayMs: 2 }],
    run: async (client) => {
      const stream = await client.messages.create({ ...question, stream: true });
      const seen: string[] = [];
      for await (const { type } of stream) if (seen.push(type) === 4) stream.controller.abort();
      return seen.slice(0, 4);
    },
  },
  'a stream, read twice': {
    receipts: 1,
    run: async (client) => {
      const stream = await client.messages.create({ ...question, stream: true });
      await collect(stream);
      return (await errorOf(collect(stream))).message;
    },
  },
  'a stream, split by tee()': {
    receipts: 1,
    run: async (client) => {
      const [left, right] = (await client.messages.create({ ...question, stream: true })).tee();
      return Promise.all([collect(left), collect(right)]);
    },
  },
  'a stream as toReadableStream()': {
    receipts: 1,
    run: async (client) => {
      const stream = await client.messages.create({ ...question, stream: true });
      return textOf(stream.toReadableStream() as unknown as ReadableStream);
    },
  },
  'an error in a stream': {
    receipts: 1,
    scripts: [
      {
        events: [
          ...eventsOf(['a']).slice(0, 4),
          { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
        ],
      },
    ],
    run: async (client) => {
      const seen: string[] = [];
      const error = await errorOf(
        (async () => {
          for await (const { type } of await client.messages.create({ ...question, stream: true }))
            seen.push(type);
        })(),
      );
      return [seen, error.constructor.name, error.message, error.error];
    },
  },
  'messages.stream() with all its helpers': {
    receipts: 1,
    run: async (client) => {
      const log: unknown[] = [];
      const stream = client.messages.stream(question);
      stream
        .on('connect', () => log.push('connect'))
        .on('text', (delta, snapshot) => log.push(delta, snapshot))
        .on('contentBlock', (block) => log.push(block))
        .on('message', (whole) => log.push(whole))
        .on('finalMessage', (whole) => log.push(whole))
        .on('end', () => log.push('end'));
      const types: string[] = [];
      for await (const { type } of stream) types.push(type);
      return [log, types, await stream.finalText(), await stream.finalMessage(), stream.request_id];
    },
  },
  'messages.stream() as toReadableStream()': {
    receipts: 1,
    run: async (client) =>
      textOf(client.messages.stream(question).toReadableStream() as unknown as ReadableStream),
  },
  'messages.parse()': {
    receipts: 1,
    scripts: [{ message: json }],
    run: async (client) => {
      const parsed = await client.messages.parse({ ...question, output_config: { format: outputFormat } });
      return [parsed.parsed_output, parsed];
    },
  },
  'messages.stream() of structured output': {
    receipts: 1,
    scripts: [{ events: eventsOf(['{"city":"Paris",', '"sunny":true}']) }],
    run: async (client) => {
      const stream = client.messages.stream({ ...question, output_config: { format: outputFormat } });
      return (await stream.finalMessage()).parsed_output;
    },
  },
  'the tool runner': {
    receipts: 2,
    scripts: [{ message: toolUse }],
    run: async (client) => {
      const runner = client.beta.messages.toolRunner({ ...question, tools: [getWeather] });
      const messages: unknown[] = [];
      for await (const one of runner) messages.push(one);
      return [messages, runner.params.messages];
    },
  },
  'the tool runner, streamed': {
    receipts: 2,
    scripts: [
      {
        events: [
          ...eventsOf([]).slice(0, 1),
          { type: 'content_block_start', index: 0, content_block: { ...toolUse.content[0], input: {} } },
          {
            type: 'content_block_delta',
            index: 0,
            delta: { type: 'input_json_delta', partial_json: '{"city":"Rome"}' },
          },
          { type: 'content_block_stop', index: 0 },
          { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } },
          { type: 'message_stop' },
        ],
      },
    ],
    run: async (client) => {
      const runner = client.beta.messages.toolRunner({ ...question, stream: true, tools: [getWeather] });
      const messages: unknown[] = [];
      for await (const stream of runner) messages.push(await stream.finalMessage());
      return messages;
    },
  },
  'an error of the provider': {
    receipts: 1,
    scripts: [
      {
        error: {
          status: 400,
          body: { type: 'error', error: { type: 'invalid_request_error', message: 'No' } },
        },
      },
    ],
    run: async (client) => {
      const error = await errorOf(client.messages.create(question));
      return [error.constructor.name, error.status, error.message, error.error, error.requestID];
    },
  },
  'retries, then an answer': {
    receipts: 1,
    scripts: [busy, busy],
    run: async (client) => {
      const before = provider.requests.length;
      const answer = await client.messages.create(question);
      const counts = provider.requests.slice(before).map(({ headers }) => headers['x-stainless-retry-count']);
      return [answer, counts];
    },
  },
  'retries, then an error': {
    receipts: 1,
    scripts: [busy, busy, busy],
    run: async (client) => {
      const error = await errorOf(client.messages.create(question));
      return [error.constructor.name, error.status, error.message];
    },
  },
  'a time-out': {
    receipts: 1,
    scripts: [{ delayMs: 2000 }],
    run: async (client) => {
      const error = await errorOf(client.messages.create(question, { timeout: 400, maxRetries: 0 }));
      return [error.constructor.name, error.message];
    },
  },
  'an abort before the answer': {
    receipts: 1,
    scripts: [{ delayMs: 2000 }],
    run: async (client) => {
      const leave = new AbortController();
      const before = provider.requests.length;
      const call = errorOf(client.messages.create(question, { signal: leave.signal }));
      await until(() => provider.requests.length > before);
      leave.abort();
      const error = await call;
      return [error.constructor.name, error.message];
    },
  },
  'an abort before the call': {
    receipts: 0,
    run: async (client) =>
      (await errorOf(client.messages.create(question, { signal: AbortSignal.abort() }))).message,
  },
  'an answer that is no JSON': {
    receipts: 1,
    scripts: [{ message: 'not JSON' as never }],
    run: async (client) => (await errorOf(client.messages.create(question))).name,
  },
  'count of tokens, models and batches': {
    receipts: 0,
    except: 'proxy',
    run: async (client) => [
      await client.messages.countTokens({ model, messages: question.messages }),
      (await client.models.list()).data,
      await client.messages.batches.create({ requests: [] }),
    ],
  },
  'middleware of the call and of the client': {
    receipts: 1,
    run: async (client) => {
      const log: unknown[] = [];
      const own = client.withOptions({
        middleware: [
          async (request, next, context) => {
            log.push(new URL(request.url).pathname, [...request.headers.keys()]);
            const response = await next(request);
            log.push(await context.parse(response));
            return response;
          },
          ...client.middleware,
        ],
      });
      return [await own.messages.create(question), log];
    },
  },
  'options of the client, and of clients made from it': {
    receipts: 1,
    run: async (client) => {
      const made = client.withOptions({ maxRetries: 1, timeout: 50_000 });
      await made.messages.create(question, { headers: { 'x-of-the-call': '1' } });
      return [
        made.constructor === client.constructor,
        made.timeout,
        client.baseURL === 'https://api.anthropic.com' || client.baseURL === provider.url,
      ];
    },
  },
};

const routes: readonly Route[] = ['proxy', 'headers', 'direct'];
const cells = Object.keys(behaviours).flatMap((name) =>
  routes.filter((route) => route !== behaviours[name]?.except).map((route) => ({ name, route })),
);

describe('a client with Pay-i does what it does without:', () => {
  it.each(cells)('$name, route $route', async ({ name, route }) => {
    const { scripts = [], run, receipts: expected } = behaviours[name] as Behaviour;
    const create = (baseURL?: string) =>
      new Anthropic({
        apiKey: 'k',
        logLevel: 'off',
        ...(baseURL && { baseURL }),
      });
    provider.answerNext(...scripts);
    const without = await run(create(provider.url));
    const receipts: Receipt[] = [];
    const { client } = observe(create(route === 'proxy' ? undefined : provider.url), route, backend, {
      payi: { onReceipt: (receipt) => receipts.push(receipt) },
    });
    provider.answerNext(...scripts);
    const result = withoutResult(await run(client));
    expect(result).toEqual(withoutResult(without));
    await until(() => {
      // What was read in a way that nobody sees is settled when it is gone.
      globalThis.gc?.();
      return receipts.length === expected;
    });
  });

  it('keeps the result of Pay-i on the answer, for those who look for it', async () => {
    const { client } = observe(new Anthropic({ apiKey: 'k' }), 'proxy', backend);
    const answer = await client.messages.create(question);
    const receipt = await whenSettled(answer);
    expect((answer as unknown as { xproxy_result: { request_id: string } }).xproxy_result.request_id).toBe(
      receipt.requestId,
    );
  });
});

/** Pay-i's own member, which the proxy adds to answers, is the only difference there may be. */
function withoutResult(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/,"xproxy_result":\{.*?\}(?=\}(?:\n|$))/g, '');
  }
  if (Array.isArray(value)) return value.filter((one) => one !== 'xproxy_result').map(withoutResult);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
    return value instanceof Uint8Array ? withoutResult(new TextDecoder().decode(value)) : value;
  }
  const entries = Object.entries(value).filter(([name]) => name !== 'xproxy_result');
  return Object.fromEntries(entries.map(([name, member]) => [name, withoutResult(member)]));
}
