import { createPayi, type Receipt } from '@payi/core';
import type OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { holdTimers } from '../../../internal/testing/clock.ts';
import { withPayi } from '../src/index.ts';
import {
  chatEvents,
  completion,
  done,
  endless,
  hundredPieces,
  response,
  responseEvents,
  roleChunk,
  textChunk,
} from './answers.ts';
import { type Answer, type Provider, startProvider } from './provider.ts';
import { sdkNames, sdks } from './sdks.ts';
import { until } from './until.ts';

const model = 'gpt-4o';
const messages = [{ role: 'user' as const, content: 'hello' }];
const body = { model, messages };

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

/** What a caller can see of one behaviour of the SDK. */
type Behaviour = (client: OpenAI) => Promise<unknown>;

interface Case {
  readonly answers: readonly Answer[];
  readonly options?: ClientOptions;
  readonly behaviour: Behaviour;
  /** How many calls it makes that are metered. */
  readonly receipts?: number;
  readonly newestOnly?: boolean;
}

const streamed = (pieces: readonly string[], delayMs = 0): Answer => ({
  events: chatEvents(pieces, false),
  ...(delayMs > 0 && { delayMs }),
});
const stream = (client: OpenAI, options: OpenAI.RequestOptions = {}) =>
  client.chat.completions.create({ ...body, stream: true }, options);

/** The parts of an error that programs look at. */
async function errorOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => 'no error',
    (caught: unknown) => caught,
  );
  if (!(error instanceof Error)) return error;
  const {
    status,
    code,
    param,
    type,
    requestID,
    request_id,
    error: inner,
    headers,
  } = error as never as Record<string, unknown>;
  return {
    class: error.constructor.name,
    name: error.name,
    message: error.message,
    cause: (error.cause as Error | undefined)?.constructor.name,
    members: { status, code, param, type, requestID, request_id, inner },
    headers: headers instanceof Headers ? headers.get('x-request-id') : headers,
  };
}

const describeResponse = (answer: Response) => ({
  isResponse: answer instanceof Response,
  tag: Object.prototype.toString.call(answer),
  status: answer.status,
  statusText: answer.statusText,
  ok: answer.ok,
  url: answer.url,
  type: answer.type,
  redirected: answer.redirected,
  headers: [...answer.headers].filter(([name]) => name !== 'date'),
  keys: Object.keys(answer),
  bodyUsed: answer.bodyUsed,
  isLocked: answer.body?.locked,
  isSameBody: new Set([answer.body, answer.body]).size === 1,
});

async function readLog(
  events: AsyncIterable<unknown>,
  onEvent = (_count: number): void => {},
): Promise<unknown[]> {
  const log: unknown[] = [];
  try {
    for await (const event of events) onEvent(log.push(event));
    log.push('end');
  } catch (error) {
    log.push(await errorOf(Promise.reject(error)));
  }
  return log;
}

const asText = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true });
  return text;
};

const weather = { city: 'Oslo', celsius: 3 };
const structured = {
  ...completion,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: JSON.stringify(weather), refusal: null },
      finish_reason: 'stop',
    },
  ],
};
const toolCall = {
  ...completion,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
        ],
      },
      finish_reason: 'tool_calls',
    },
  ],
};

/** Every way in which somebody may take a body. */
const bodyReaders: Record<string, (answer: Response) => Promise<unknown>> = {
  text: (answer) => answer.text(),
  arrayBuffer: async (answer) => new TextDecoder().decode(await answer.arrayBuffer()),
  bytes: async (answer) => new TextDecoder().decode(await answer.bytes()),
  blob: async (answer) => (await answer.blob()).text(),
  reader: async (answer) => {
    const reader = answer.body?.getReader();
    const chunks: Uint8Array[] = [];
    for (let result = await reader?.read(); result?.done === false; result = await reader?.read())
      chunks.push(result.value);
    await reader?.closed;
    reader?.releaseLock();
    return [
      Buffer.concat(chunks).toString(),
      answer.bodyUsed,
      answer.body?.locked,
      await errorOf(answer.text()),
    ];
  },
  loop: async (answer) => asText(answer.body as unknown as AsyncIterable<Uint8Array>),
  pipe: async (answer) =>
    asText(answer.body?.pipeThrough(new TransformStream()) as unknown as AsyncIterable<Uint8Array>),
  tee: async (answer) => {
    const branches = answer.body?.tee() ?? [];
    return Promise.all(branches.map((branch) => new Response(branch).text()));
  },
  'another response': (answer) => new Response(answer.body, answer).text(),
  clone: async (answer) => {
    const copy = answer.clone();
    return [await copy.text(), await answer.text()];
  },
  'reader and text': async (answer) => {
    const reader = answer.body?.getReader();
    return [
      await errorOf(answer.text()).then((error) => (error as { class: string }).class),
      await reader?.read().then(({ done }) => done),
      answer.bodyUsed,
      await reader?.cancel(),
    ];
  },
  'looking at it first': async (answer) => [answer.body?.locked, await answer.text(), answer.body?.locked],
  twice: async (answer) => [
    await answer.text(),
    answer.bodyUsed,
    (await errorOf(answer.text())) !== 'no error',
  ],
};

const cases: Record<string, Case> = {
  'a completion': {
    answers: [{ json: completion }],
    behaviour: async (client) => {
      const data = await client.chat.completions.create(body);
      return [data, data._request_id, Object.getOwnPropertyNames(data)];
    },
  },
  'withResponse()': {
    answers: [{ json: completion }],
    behaviour: async (client) => {
      const { data, response: answer, ...rest } = await client.chat.completions.create(body).withResponse();
      return [data, describeResponse(answer), rest];
    },
  },
  'withResponse() of a stream': {
    answers: [streamed(['a', 'b'])],
    behaviour: async (client) => {
      const { data, response: answer } = await stream(client).withResponse();
      return [describeResponse(answer), await readLog(data), answer.bodyUsed];
    },
  },
  'asResponse() and asResponse() of a stream': {
    answers: [{ json: completion }, streamed(['a'])],
    receipts: 2,
    behaviour: async (client) => {
      const whole = await client.chat.completions.create(body).asResponse();
      const events = await stream(client).asResponse();
      return [describeResponse(whole), await whole.json(), describeResponse(events), await events.text()];
    },
  },
  'a body that is no JSON': {
    answers: [{ events: ['<html>'], headers: { 'content-type': 'application/json' } }],
    behaviour: (client) => errorOf(client.chat.completions.create(body)),
  },
  'an empty body': {
    answers: [{ events: [], headers: { 'content-type': 'application/json', 'content-length': '0' } }],
    behaviour: async (client) => (await errorOf(client.chat.completions.create(body))) ?? 'nothing',
  },
  'a loop over a stream': {
    answers: [streamed(hundredPieces)],
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a loop that is left': {
    answers: [streamed(endless, 10)],
    behaviour: async (client) => {
      const events = await stream(client);
      const seen: unknown[] = [];
      for await (const event of events) {
        seen.push(event);
        if (seen.length === 3) break;
      }
      await until(() => provider.requests[0]?.answered === 'aborted');
      return [seen, events.controller.signal.aborted, await readLog(events)];
    },
  },
  'controller.abort()': {
    answers: [streamed(endless, 10)],
    behaviour: async (client) => {
      const events = await stream(client);
      const log: unknown[] = [];
      for await (const { choices } of events) {
        log.push(choices[0]?.delta);
        if (log.length === 4) events.controller.abort();
      }
      await until(() => provider.requests[0]?.answered === 'aborted');
      return log;
    },
  },
  'controller.abort() while waiting for an event': {
    answers: [{ events: [roleChunk, textChunk('a')], stall: true }],
    behaviour: async (client) => {
      const events = await stream(client);
      return readLog(events, (count) => {
        if (count === 2) setTimeout(() => events.controller.abort(), 50);
      });
    },
  },
  'a signal that aborts a stream': {
    answers: [{ events: [roleChunk, textChunk('a')], stall: true }],
    behaviour: async (client) => {
      const caller = new AbortController();
      const events = await stream(client, { signal: caller.signal });
      return readLog(events, (count) => {
        if (count === 2) setTimeout(() => caller.abort(), 50);
      });
    },
  },
  'toReadableStream()': {
    answers: [streamed(['a', 'b'])],
    behaviour: async (client) => new Response((await stream(client)).toReadableStream()).text(),
  },
  'a stream in two': {
    answers: [streamed(['a', 'b'])],
    behaviour: async (client) => {
      const [left, right] = (await stream(client)).tee();
      return Promise.all([readLog(left), readLog(right)]);
    },
  },
  'a stream with an event that is no JSON': {
    answers: [{ events: [roleChunk, 'data: {"a":\n\n', done] }],
    options: { logLevel: 'off' },
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a stream with an error in it': {
    answers: [{ events: [roleChunk, 'data: {"error":{"message":"no","code":"c","type":"t"}}\n\n'] }],
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a stream with an error event': {
    answers: [{ events: [roleChunk, 'event: error\ndata: {"message":"no","code":"c","type":"t"}\n\n'] }],
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a stream that breaks off': {
    answers: [{ events: [roleChunk, textChunk('a')], drop: true, delayMs: 5 }],
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a stream without its last empty line': {
    answers: [{ events: [roleChunk, textChunk('a'), textChunk('b').trimEnd()] }],
    behaviour: async (client) => readLog(await stream(client)),
  },
  'a stream that is refused': {
    answers: [{ status: 400, json: { error: { message: 'no such model', code: 'model_not_found' } } }],
    behaviour: (client) => errorOf(Promise.resolve(stream(client))),
  },
  'chat.completions.stream() with its events': {
    answers: [streamed(['Hel', 'lo'])],
    behaviour: async (client) => {
      const log: unknown[] = [];
      const run = client.chat.completions.stream({ ...body, stream: true });
      for (const name of [
        'connect',
        'chunk',
        'content',
        'message',
        'finalContent',
        'end',
        'error',
        'abort',
      ] as const) {
        run.on(name, (...parts: unknown[]) => log.push([name, ...parts.slice(0, 1)]));
      }
      return [await run.finalChatCompletion(), log, run.ended, run.aborted, run.errored];
    },
  },
  'chat.completions.stream() looped over and left': {
    answers: [streamed(endless, 10)],
    behaviour: async (client) => {
      const run = client.chat.completions.stream({ ...body, stream: true });
      let count = 0;
      for await (const _ of run) {
        count += 1;
        if (count === 3) break;
      }
      return [count, await errorOf(run.done()), run.aborted];
    },
  },
  'responses.stream() with its events': {
    answers: [{ events: responseEvents(['Hel', 'lo']) }],
    behaviour: async (client) => {
      const run = client.responses.stream({ model, input: 'hello' });
      const log: unknown[] = [];
      run.on('event', (event) => log.push(event));
      return [await run.finalResponse(), log];
    },
  },
  'a response': {
    answers: [{ json: response }],
    behaviour: async (client) => {
      const answer = await client.responses.create({ model, input: 'hello' });
      return [answer, answer.output_text, answer._request_id];
    },
  },
  'runTools()': {
    answers: [{ json: toolCall }, { json: completion }],
    receipts: 2,
    behaviour: async (client) => {
      const asked: unknown[] = [];
      const run = client.chat.completions.runTools({
        ...body,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'tells the weather',
              parameters: { type: 'object', properties: { city: { type: 'string' } } },
              parse: JSON.parse,
              function: (input: unknown) => {
                asked.push(input);
                return JSON.stringify(weather);
              },
            },
          },
        ],
      });
      return [await run.finalContent(), asked, run.messages, provider.requests.map(({ body: sent }) => sent)];
    },
  },
  'chat.completions.parse() with a schema': {
    answers: [{ json: structured }],
    newestOnly: true,
    behaviour: async (client) => {
      const schema = z.object({ city: z.string(), celsius: z.number() });
      const data = await client.chat.completions.parse({
        ...body,
        response_format: zodResponseFormat(schema, 'weather'),
      });
      return [data.choices[0]?.message.parsed, data];
    },
  },
  'responses.parse() with a schema': {
    answers: [
      {
        json: {
          ...response,
          output: [
            {
              ...response.output[0],
              content: [{ type: 'output_text', text: JSON.stringify(weather), annotations: [] }],
            },
          ],
        },
      },
    ],
    newestOnly: true,
    behaviour: async (client) => {
      const format = zodTextFormat(z.object({ city: z.string(), celsius: z.number() }), 'weather');
      return (await client.responses.parse({ model, input: 'hello', text: { format } })).output_parsed;
    },
  },
  'pages of a list': {
    answers: [
      { json: { object: 'list', data: [{ id: 'c1' }, { id: 'c2' }], has_more: true } },
      { json: { object: 'list', data: [{ id: 'c3' }], has_more: false } },
    ],
    receipts: 0,
    behaviour: async (client) => [
      await readLog(client.chat.completions.list()),
      provider.requests.map(({ path }) => path),
    ],
  },
  'errors of all kinds': {
    answers: [400, 401, 403, 404, 409, 422, 429, 500].map((status) => ({
      status,
      json: { error: { message: `is ${status}`, type: 'some_type', code: 'some_code', param: 'model' } },
    })),
    options: { maxRetries: 0 },
    receipts: 8,
    behaviour: async (client) => {
      const errors: unknown[] = [];
      for (let index = 0; index < 8; index += 1)
        errors.push(await errorOf(client.chat.completions.create(body)));
      return errors;
    },
  },
  'a refusal that is no JSON': {
    answers: [{ events: ['<html>Bad gateway</html>'], headers: { 'content-type': 'text/html' } }],
    behaviour: async (client) => client.chat.completions.create(body),
  },
  'retries, as the server wants them': {
    answers: [
      { status: 429, json: {}, headers: { 'retry-after-ms': '5' } },
      { status: 400, json: {}, headers: { 'x-should-retry': 'true', 'retry-after-ms': '5' } },
      { json: completion },
    ],
    behaviour: async (client) => [
      await client.chat.completions.create(body),
      provider.requests.map(({ headers }) => headers['x-stainless-retry-count']),
    ],
  },
  'no retry where the server wants none': {
    answers: [{ status: 500, json: {}, headers: { 'x-should-retry': 'false' } }],
    behaviour: async (client) => [
      await errorOf(client.chat.completions.create(body)),
      provider.requests.length,
    ],
  },
  'a connection that breaks': {
    answers: [{ disconnect: true }],
    options: { maxRetries: 0 },
    behaviour: (client) => errorOf(client.chat.completions.create(body)),
  },
  'a time limit': {
    answers: [{ silence: true }],
    options: { maxRetries: 1 },
    behaviour: async (client) => {
      const limits = holdTimers(400);
      const error = errorOf(client.chat.completions.create(body, { timeout: 400 }));
      for (const attempt of [1, 2]) {
        await until(() => provider.requests.length === attempt);
        limits.pass();
      }
      return [await error, provider.requests.length];
    },
  },
  'a call that its caller aborts': {
    answers: [{ silence: true }],
    behaviour: async (client) => {
      const caller = new AbortController();
      const options = { signal: caller.signal, timeout: 60_000 };
      const error = errorOf(client.chat.completions.create(body, options));
      await until(() => provider.requests.length > 0);
      caller.abort();
      return [await error, provider.requests.length];
    },
  },
  'a call that is aborted before it is made': {
    answers: [{ json: completion }],
    receipts: 0,
    behaviour: async (client) => [
      await errorOf(client.chat.completions.create(body, { signal: AbortSignal.abort() })),
      provider.requests.length,
    ],
  },
  'a request by path': {
    answers: [{ json: completion }],
    behaviour: (client) =>
      client.post('/chat/completions', { body, query: { a: '1' }, headers: { 'x-mine': null } }),
  },
  'a log in every detail': {
    answers: [{ json: completion }, streamed(['a'])],
    receipts: 2,
    options: { logLevel: 'debug', logger: { debug() {}, info() {}, warn() {}, error() {} } },
    behaviour: async (client) => [
      await client.chat.completions.create(body),
      await readLog(await stream(client)),
    ],
  },
  ...Object.fromEntries(
    Object.entries(bodyReaders).flatMap(([name, read]) => [
      [
        `asResponse() read by ${name}`,
        {
          answers: [{ json: completion }],
          behaviour: async (client) => read(await client.chat.completions.create(body).asResponse()),
        } satisfies Case,
      ],
      [
        `asResponse() of a stream read by ${name}`,
        {
          answers: [streamed(['a', 'b'])],
          behaviour: async (client) => read(await stream(client).asResponse()),
        } satisfies Case,
      ],
    ]),
  ),
};

/** Without what is new in each run. */
const comparable = (seen: unknown): unknown =>
  JSON.parse(
    JSON.stringify(seen ?? null, (key, value: unknown) => (key === 'created' || key === 'date' ? 0 : value)),
  );

describe.each(sdkNames)('%s with Pay-i behaves as without', (sdk) => {
  const names = Object.keys(cases).filter(
    (name) => sdk === sdkNames.at(-1) || cases[name]?.newestOnly !== true,
  );
  it.each(names)('in %s', async (name) => {
    const { answers, options, behaviour, receipts: expected = 1 } = cases[name] as Case;
    const { OpenAI } = sdks[sdk] as (typeof sdks)[string];
    const create = () => new OpenAI({ apiKey: 'sk-test', baseURL: `${provider.url}/v1`, ...options });
    provider.answerWith(...answers);
    const plain = comparable(await behaviour(create()));
    const receipts: Receipt[] = [];
    const diagnostics: unknown[] = [];
    const payi = createPayi({
      route: 'headers',
      defaults: { userId: 'u-42' },
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
    });
    provider.answerWith(...answers);
    expect(comparable(await behaviour(withPayi(create(), { payi })))).toEqual(plain);
    await until(() => receipts.length >= expected);
    expect(receipts).toHaveLength(expected);
    expect(diagnostics).toEqual([]);
  });
});
