import type { Anthropic } from '@anthropic-ai/sdk';
import { messagesAnswer } from '../answers.ts';
import { endOf, facts, textOf } from '../facts.ts';
import { type Lab, whole } from '../lab.ts';
import type { Script } from '../scripted-provider.ts';
import { sdkAge } from '../sdks.ts';
import { anthropicStream, wholeStream } from '../stream-formats.ts';
import type { Surface } from '../surface.ts';
import type { Behaviors } from './behavior.ts';

const ofMessages = ({ name }: Surface): boolean => name === 'Anthropic messages';
const ofNewest = (surface: Surface): boolean => ofMessages(surface) && sdkAge !== 'oldest';
const clientOf = (lab: Lab): Anthropic => lab.connection.client as Anthropic;

const question = {
  model: 'claude-opus-4-5',
  max_tokens: 50,
  messages: [{ role: 'user' as const, content: 'hello' }],
};
const streamed = (...pieces: string[]): Script => ({
  headers: { 'content-type': 'text/event-stream; charset=utf-8' },
  events: wholeStream(anthropicStream, pieces),
  ending: 'end',
});
const toolUse = {
  ...messagesAnswer.whole(''),
  stop_reason: 'tool_use',
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } }],
};
const getWeather = {
  type: 'custom',
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  parse: (content: unknown) => content,
  run: ({ city }: { city: string }) => `sunny in ${city}`,
} as never;
const format = { type: 'json_schema', schema: { type: 'object' }, parse: JSON.parse } as never;
const structured = '{"city":"Paris","sunny":true}';

/** Of Anthropic's SDK alone. */
export const anthropicBehaviors: Behaviors = {
  'messages.stream() with all its helpers': {
    on: ofMessages,
    see: async (lab) => {
      lab.answer(streamed('Hello', ' there'));
      const log: unknown[] = [];
      const run = clientOf(lab).messages.stream(question);
      for (const name of [
        'connect',
        'text',
        'contentBlock',
        'message',
        'finalMessage',
        'end',
        'error',
      ] as const) {
        run.on(name, (...parts: unknown[]) => log.push([name, ...parts]));
      }
      for await (const event of run) log.push(event);
      return facts([log, await run.finalText(), await run.finalMessage(), run.request_id]);
    },
  },
  'messages.stream() that is aborted': {
    on: ofMessages,
    see: async (lab) => {
      const { opening, text } = anthropicStream;
      lab.answer({ ...streamed(), events: [...opening, text('a'), text('b')], ending: 'stall' });
      const run = clientOf(lab).messages.stream(question);
      run.on('text', () => run.abort());
      return facts([await endOf(() => run.done()), run.aborted, run.errored]);
    },
  },
  'messages.stream() as toReadableStream()': {
    on: ofMessages,
    see: async (lab) => {
      lab.answer(streamed('Hello'));
      return facts(await textOf(clientOf(lab).messages.stream(question).toReadableStream()));
    },
  },
  'structured output, whole and streamed': {
    on: ofNewest,
    receipts: 2,
    see: async (lab) => {
      lab.answer(lab.good(structured), streamed(structured.slice(0, 9), structured.slice(9)));
      const { messages } = clientOf(lab);
      const parsed = await messages.parse({ ...question, output_config: { format } });
      const run = messages.stream({ ...question, output_config: { format } });
      return facts([parsed, (await run.finalMessage()).parsed_output]);
    },
  },
  'the tool runner': {
    on: ofNewest,
    receipts: 2,
    see: async (lab) => {
      lab.answer(whole(toolUse), lab.good('It is sunny'));
      const runner = clientOf(lab).beta.messages.toolRunner({ ...question, tools: [getWeather] });
      const messages: unknown[] = [];
      for await (const one of runner) messages.push(one);
      return facts([messages, runner.params.messages]);
    },
  },
  'count of tokens, models and batches': {
    on: ofMessages,
    receipts: 1,
    see: async (lab) => {
      lab.answer(
        whole({ input_tokens: 7 }),
        whole({ data: [], has_more: false, first_id: null, last_id: null }),
        whole({ id: 'msgbatch_01', type: 'message_batch' }),
      );
      const { messages, models } = clientOf(lab);
      return facts([
        await messages.countTokens({ model: question.model, messages: question.messages }),
        (await models.list()).data,
        await messages.batches.create({ requests: [] }),
      ]);
    },
  },
  'middleware of the caller': {
    on: ofNewest,
    see: async (lab) => {
      lab.answer(lab.good('Hi'));
      const client = clientOf(lab);
      const log: unknown[] = [];
      const own = client.withOptions({
        middleware: [
          async (request, next, context) => {
            log.push(new URL(request.url).pathname, request.headers);
            const response = await next(request);
            log.push(response, await context.parse(response));
            return response;
          },
          ...client.middleware,
        ],
      });
      return facts([await own.messages.create(question), log]);
    },
  },
};
