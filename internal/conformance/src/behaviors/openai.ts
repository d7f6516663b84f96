import type OpenAI from 'openai';
import { chatAnswer } from '../answers.ts';
import { endOf, facts, logOf } from '../facts.ts';
import { type Lab, whole } from '../lab.ts';
import type { Script } from '../scripted-provider.ts';
import { sdkAge } from '../sdks.ts';
import { chatStream, responseStream, wholeStream } from '../stream-formats.ts';
import type { Surface } from '../surface.ts';
import type { Behaviors } from './behavior.ts';

const ofChat = ({ name }: Surface): boolean => name === 'OpenAI chat/completions';
const clientOf = (lab: Lab): OpenAI => lab.connection.client as OpenAI;

const body = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'hello' }] };
const sse = { 'content-type': 'text/event-stream; charset=utf-8' };
const streamed = (...pieces: string[]): Script => ({
  headers: sse,
  // Nobody asks for counts but us, and this server has none.
  events: wholeStream({ ...chatStream, closing: ['data: [DONE]\n\n'] }, pieces),
  ending: 'end',
});

const weather = { city: 'Oslo', celsius: 3 };
const schema = { type: 'object', properties: { city: { type: 'string' }, celsius: { type: 'number' } } };
const called = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Oslo"}' },
};
const toolCall = {
  ...chatAnswer.whole(''),
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [called] },
      finish_reason: 'tool_calls',
    },
  ],
};

/** Of OpenAI's SDK alone. */
export const openaiBehaviors: Behaviors = {
  'chat.completions.stream() with its events': {
    on: ofChat,
    see: async (lab) => {
      lab.answer(streamed('Hel', 'lo'));
      const log: unknown[] = [];
      const run = clientOf(lab).chat.completions.stream({ ...body, stream: true });
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
      return facts([await run.finalChatCompletion(), log, run.ended, run.aborted, run.errored]);
    },
  },
  'chat.completions.stream() that its reader leaves': {
    on: ofChat,
    see: async (lab) => {
      const { opening, text } = chatStream;
      lab.answer({ headers: sse, events: [...opening, ...Array(9).fill(text('more '))], ending: 'stall' });
      const run = clientOf(lab).chat.completions.stream({ ...body, stream: true });
      let count = 0;
      for await (const _ of run) {
        count += 1;
        if (count === 3) break;
      }
      return [count, await endOf(() => run.done()), run.aborted];
    },
  },
  'responses.stream() with its events': {
    on: ofChat,
    see: async (lab) => {
      lab.answer({ headers: sse, events: wholeStream(responseStream, ['Hel', 'lo']), ending: 'end' });
      const run = clientOf(lab).responses.stream({ model: 'gpt-4o', input: 'hello' });
      const log: unknown[] = [];
      run.on('event', (event) => log.push(event));
      return facts([await endOf(() => run.finalResponse()), log]);
    },
  },
  'runTools()': {
    on: ofChat,
    receipts: 2,
    see: async (lab) => {
      lab.answer(whole(toolCall), lab.good('It is cold'));
      const asked: unknown[] = [];
      const parameters = { type: 'object', properties: { city: { type: 'string' } } };
      const tell = (input: unknown): string => {
        asked.push(input);
        return JSON.stringify(weather);
      };
      const run = clientOf(lab).chat.completions.runTools({
        ...body,
        tools: [
          {
            type: 'function',
            function: {
              name: 'weather',
              description: 'tells it',
              parameters,
              parse: JSON.parse,
              function: tell,
            },
          },
        ],
      });
      return facts([await run.finalContent(), asked, run.messages]);
    },
  },
  'parse() with a schema': {
    on: (surface) => ofChat(surface) && sdkAge !== 'oldest',
    receipts: 2,
    see: async (lab) => {
      lab.answer(lab.good(JSON.stringify(weather)), lab.good(JSON.stringify(weather)));
      const json_schema = { name: 'weather', strict: true, schema };
      const chat = clientOf(lab).chat.completions;
      const parsed = await chat.parse({ ...body, response_format: { type: 'json_schema', json_schema } });
      return facts([parsed, await chat.parse(body)]);
    },
  },
  'pages of a list': {
    on: ofChat,
    receipts: 0,
    see: async (lab) => {
      lab.answer(
        whole({ object: 'list', data: [{ id: 'c1' }, { id: 'c2' }], has_more: true }),
        whole({ object: 'list', data: [{ id: 'c3' }], has_more: false }),
      );
      return logOf(clientOf(lab).chat.completions.list());
    },
  },
  'a request by its path': {
    on: ofChat,
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const options = { body, query: { a: '1' }, headers: { 'x-mine': null } };
      return endOf(() => clientOf(lab).post('/chat/completions', options));
    },
  },
  'a log in every detail': {
    on: ofChat,
    receipts: 2,
    see: async (lab) => {
      lab.answer(lab.good('Hi'), streamed('Hi'));
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const { completions } = clientOf(lab).withOptions({ logLevel: 'debug', logger }).chat;
      return facts([
        await completions.create(body),
        await logOf(await completions.create({ ...body, stream: true })),
      ]);
    },
  },
};
