import { endOf, facts, logOf, textOf } from '../facts.ts';
import type { Lab } from '../lab.ts';
import { turns, whole } from '../lab.ts';
import { sdkAge } from '../sdks.ts';
import type { Surface } from '../surface.ts';
import type { Behavior, Behaviors } from './behavior.ts';

/** What a method of the SDKs of OpenAI and Anthropic gives. */
interface ApiPromise extends Promise<object> {
  asResponse(): Promise<Response>;
  withResponse(): Promise<{ readonly data: object; readonly response: Response }>;
}
/** Their streams. */
interface ApiStream extends AsyncIterable<unknown> {
  readonly controller: AbortController;
  tee(): [ApiStream, ApiStream];
  toReadableStream(): ReadableStream;
}
interface ApiClient {
  withOptions(options: object): ApiClient;
}

const call = (lab: Lab): ApiPromise => lab.call() as ApiPromise;
const open = (lab: Lab): Promise<ApiStream> => lab.call() as Promise<never>;
const ofStream = ({ isStream }: Surface): boolean => isStream;

const chunksOf = async (reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read())
    chunks.push(step.value);
  return Buffer.concat(chunks).toString();
};

/** Every way in which somebody may take a body. */
const bodyReaders: Record<string, (answer: Response) => Promise<unknown>> = {
  text: (answer) => answer.text(),
  json: (answer) => answer.json(),
  arrayBuffer: async (answer) => new Uint8Array(await answer.arrayBuffer()),
  bytes: (answer) => answer.bytes(),
  blob: async (answer) => (await answer.blob()).text(),
  'a reader': async (answer) => {
    const reader = answer.body?.getReader();
    const text = await chunksOf(reader);
    await reader?.closed;
    reader?.releaseLock();
    return [text, answer.bodyUsed, answer.body?.locked, await endOf(() => answer.text())];
  },
  'a loop': async (answer) => {
    let text = '';
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
    return text;
  },
  'a pipe': (answer) => textOf(answer.body?.pipeThrough(new TransformStream())),
  'tee()': async (answer) => Promise.all((answer.body?.tee() ?? []).map(textOf)),
  'another response': (answer) => new Response(answer.body, answer).text(),
  'clone()': async (answer) => {
    const copy = answer.clone();
    return [await copy.text(), await answer.text()];
  },
  'a reader, and text()': async (answer) => {
    const reader = answer.body?.getReader();
    return [
      await endOf(() => answer.text()).then((end) => (end as { thrown: { kind: string } }).thrown.kind),
      await reader?.read().then(({ done }) => done),
      answer.bodyUsed,
      await reader?.cancel(),
    ];
  },
  'a look at it, then text()': async (answer) => [
    answer.body?.locked,
    await answer.text(),
    answer.body?.locked,
  ],
  'text() twice': async (answer) => [
    await answer.text(),
    answer.bodyUsed,
    (await endOf(() => answer.text())) !== 'no error',
  ],
};

const reading = ([name, read]: [string, (answer: Response) => Promise<unknown>]): [string, Behavior] => [
  `asResponse() read by ${name}`,
  {
    async see(lab) {
      lab.answer(lab.good('Hi ', 'there'));
      const answer = await call(lab).asResponse();
      return [facts(answer), await endOf(() => read(answer))];
    },
  },
];

/** Of the SDKs that send by `fetch`: those of OpenAI and Anthropic. */
export const fetchBehaviors: Behaviors = {
  ...Object.fromEntries(Object.entries(bodyReaders).map(reading)),
  'withResponse()': {
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const { data, response, ...rest } = await call(lab).withResponse();
      const events = lab.surface.isStream ? await logOf(data as ApiStream) : '';
      return facts([data, response, rest, events, response.bodyUsed]);
    },
  },
  'withResponse() and asResponse() of one call': {
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const promise = call(lab);
      const response = await promise.asResponse();
      return facts([response, lab.surface.isStream ? await response.text() : await promise]);
    },
  },
  'an answer awaited twice': {
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const promise = call(lab);
      const [one, other] = await Promise.all([promise, promise.then((answer) => answer)]);
      if (lab.surface.isStream) await logOf(one as ApiStream);
      return [one === other, facts(one)];
    },
  },
  'a copy by withOptions()': {
    // The oldest AzureOpenAI cannot be copied without an environment variable.
    on: ({ name }) => sdkAge !== 'oldest' || !name.startsWith('Azure'),
    limits: { maxRetries: 2 },
    see: async (lab) => {
      const client = lab.connection.client as ApiClient;
      const copy = client.withOptions({ maxRetries: 0, defaultHeaders: { 'x-copied': '1' } });
      lab.answer(lab.good('Hi'));
      const { fetch: _, _options, middleware: __, ...members } = copy as unknown as Record<string, unknown>;
      const { fetch: ___, middleware: ____, ...options } = _options as Record<string, unknown>;
      const own = Object.entries(members).filter(([, member]) => typeof member !== 'object');
      const made = [copy.constructor === client.constructor, facts(options), facts(Object.fromEntries(own))];
      const answer = await lab.call({}, copy);
      return facts([made, answer, lab.surface.isStream ? await logOf(answer as ApiStream) : '']);
    },
  },
  'controller.abort()': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const events = await open(lab);
      return logOf(events, (count) => {
        if (count === 3) events.controller.abort();
      });
    },
  },
  'controller.abort() while the next event is awaited': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const events = await open(lab);
      return logOf(events, (count) => {
        if (count === 3) void turns().then(() => events.controller.abort());
      });
    },
  },
  'the controller of a stream that was left': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.begun(3));
      const events = await open(lab);
      for await (const _ of events) break;
      return [events.controller.signal.aborted, await logOf(events)];
    },
  },
  'toReadableStream()': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.good('Hi ', 'there'));
      return facts(await textOf((await open(lab)).toReadableStream()));
    },
  },
  'a stream in two': {
    on: ofStream,
    see: async (lab) => {
      lab.answer(lab.good('Hi ', 'there'));
      return Promise.all((await open(lab)).tee().map((half) => logOf(half)));
    },
  },
  'an error event without a type': {
    on: ofStream,
    see: async (lab) => {
      const { opening = [] } = lab.surface.format ?? {};
      lab.answer({
        events: [...opening, 'event: error\ndata: {"message":"no","code":"c"}\n\n'],
        ending: 'end',
      });
      return logOf(await open(lab));
    },
  },
  'retries, as the server wants them': {
    limits: { maxRetries: 2 },
    see: async (lab) => {
      const soon = { 'retry-after-ms': '1' };
      lab.answer(
        lab.refusal(429, 'slow_down', soon),
        lab.refusal(400, 'again', { ...soon, 'x-should-retry': 'true' }),
        lab.good('at last'),
      );
      const answer = await call(lab);
      return facts([answer, lab.surface.isStream ? await logOf(answer as ApiStream) : '']);
    },
  },
  'no retry where the server wants none': {
    limits: { maxRetries: 2 },
    see: (lab) => {
      lab.answer(lab.refusal(500, 'broken', { 'x-should-retry': 'false' }));
      return endOf(() => call(lab));
    },
  },
  'a body that is no JSON, by its type': {
    on: ({ isStream }) => !isStream,
    see: (lab) => {
      lab.answer(whole('plain text', { 'content-type': 'text/plain' }));
      return endOf(() => call(lab));
    },
  },
};
