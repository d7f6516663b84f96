import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { CheckName } from '../report.ts';

type Client = BedrockRuntimeClient;
type Events = AsyncIterable<Record<string, unknown>>;
// biome-ignore lint/suspicious/noExplicitAny: outputs of all operations, looked at in ways that their types forbid
type Output = any;

/** Adds a middleware around the whole call, with its input, and returns the function that removes it. */
function around(
  client: Client,
  wrap: (next: (input: object) => Promise<Output>, input: object, context: { calls?: number }) => Promise<Output>,
): () => void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      let result: { output: Output; response: unknown } | undefined;
      const output = await wrap(
        async (input) => {
          result = await next({ ...args, input: input as typeof args.input });
          return result.output;
        },
        args.input,
        context as { calls?: number },
      );
      return { response: result?.response, output };
    },
    { step: 'initialize', priority: 'high', name: 'underTest' },
  );
  return () => client.middlewareStack.remove('underTest');
}

/** Puts another stream in the place of the SDK's, in the same output. */
function replaceStream(client: Client, replace: (events: Events) => Events): () => void {
  return around(client, async (next, input) => {
    const output = await next(input);
    for (const member of ['stream', 'body']) {
      if (output[member]?.[Symbol.asyncIterator]) output[member] = replace(output[member]);
    }
    return output;
  });
}

/** Replaces the error of a call. */
function replaceError(client: Client, replace: (error: Output) => unknown): () => void {
  return around(client, async (next, input) => {
    try {
      return await next(input);
    } catch (error) {
      throw replace(error);
    }
  });
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/** A generator as a stream with the same members as the SDK's. */
const asStream = (generate: () => AsyncGenerator<Record<string, unknown>>): Events => ({
  [Symbol.asyncIterator]: generate,
});

/** Reads from a source into a queue that holds up to this many events, even if nobody reads them. */
function buffer(events: Events, maxLength: number): Events {
  const queue: Record<string, unknown>[] = [];
  let failure: { error: unknown } | undefined;
  let isOver = false;
  const pump = async (): Promise<void> => {
    try {
      for await (const event of events) {
        queue.push(event);
        while (queue.length >= maxLength) await pause(1);
      }
    } catch (error) {
      failure = { error };
    }
    isOver = true;
  };
  void pump();
  return asStream(async function* () {
    for (;;) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (failure !== undefined) throw failure.error;
      else if (isOver) return;
      else await new Promise((resolve) => setImmediate(resolve));
    }
  });
}

/** Instrumentations that pass all checks. */
export const wellBehaved: Readonly<Record<string, (client: Client) => unknown>> = {
  'adds a header to each attempt': (client: Client) => {
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { headers: Record<string, string> };
        request.headers['x-use-case'] = 'capitals';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'underTest' },
    );
    return () => client.middlewareStack.remove('underTest');
  },
  'counts events as they are read': (client: Client) => {
    let count = 0;
    return replaceStream(client, (events) =>
      asStream(async function* () {
        for await (const event of events) {
          count += 1;
          yield event;
        }
        return count;
      }),
    );
  },
};

const kept: unknown[] = [];

export interface Misbehaved {
  instrument(client: Client): unknown;
  fails: readonly CheckName[];
}

/** Instrumentations with a fault, each with the checks that must fail. All other checks must pass. */
export const misbehaved: Readonly<Record<string, Misbehaved>> = {
  'tees the stream into a buffer': {
    instrument: (client) => replaceStream(client, (events) => buffer(events, Infinity)),
    fails: ['back-pressure'],
  },
  'reads thousands of events ahead': {
    instrument: (client) => replaceStream(client, (events) => buffer(events, 9000)),
    fails: ['back-pressure'],
  },
  'holds each event until it has the next': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          let held: Record<string, unknown> | undefined;
          try {
            for await (const event of events) {
              if (held !== undefined) yield held;
              held = event;
            }
          } catch (error) {
            if (held !== undefined) yield held;
            throw error;
          }
          if (held !== undefined) yield held;
        }),
      ),
    fails: ['time to first event'],
  },
  'delays the first event': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          await pause(40);
          yield* events;
        }),
      ),
    fails: ['time to first event'],
  },
  'swallows the first event': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          let isFirst = true;
          for await (const event of events) {
            if (!isFirst) yield event;
            isFirst = false;
          }
        }),
      ),
    fails: ['events'],
  },
  'parses the body at once': {
    instrument: (client) =>
      around(client, async (next, input) => {
        const output = await next(input);
        if (output.body instanceof Uint8Array) JSON.parse(output.body.transformToString());
        return output;
      }),
    fails: ['non-JSON answers'],
  },
  'gives a copy of the output': {
    instrument: (client) => around(client, async (next, input) => ({ ...(await next(input)) })),
    fails: ['output identity'],
  },
  'retries by itself': {
    instrument: (client) =>
      around(client, async (next, input) => {
        try {
          return await next(input);
        } catch {
          return await next(input);
        }
      }),
    fails: ['retries'],
  },
  'turns errors of AWS into errors of its own': {
    instrument: (client) =>
      replaceError(client, (error) =>
        // Another check covers an error at the beginning of a stream.
        error.$response?.statusCode >= 400
          ? Object.assign(new Error(error.message), { ...error, name: error.name, cause: error })
          : error,
      ),
    fails: ['exceptions'],
  },
  'wraps the errors of a stream': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          try {
            yield* events;
          } catch (cause) {
            throw new Error('the stream failed', { cause });
          }
        }),
      ),
    fails: ['stream endings'],
  },
  'leaves a rejected promise behind': {
    instrument: (client) =>
      replaceError(client, (error) => {
        void Promise.reject(error);
        return error;
      }),
    fails: ['unhandled errors'],
  },
  'reads a stream that nobody reads': {
    instrument: (client) =>
      replaceStream(client, (events) => {
        const drain = async (): Promise<void> => {
          for await (const _event of events);
        };
        const timer = setTimeout(() => void drain(), 60);
        return asStream(() => {
          clearTimeout(timer);
          return events[Symbol.asyncIterator]() as AsyncGenerator<Record<string, unknown>>;
        });
      }),
    fails: ['unread stream'],
  },
  'reads on when the caller leaves': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          const iterator = events[Symbol.asyncIterator]();
          let result = await iterator.next();
          try {
            for (; result.done !== true; result = await iterator.next()) yield result.value;
          } finally {
            while (result.done !== true) result = await iterator.next().catch(() => ({ done: true, value: undefined }));
          }
        }),
      ),
    fails: ['early break'],
  },
  'writes the body anew': {
    instrument: (client) =>
      around(client, async (next, input) => {
        const output = await next(input);
        try {
          if (output.body instanceof Uint8Array) {
            const json: unknown = JSON.parse(output.body.transformToString());
            output.body = (output.body.constructor as Output).fromString(JSON.stringify(json));
          }
        } catch {}
        return output;
      }),
    fails: ['body bytes'],
  },
  'takes the cache counts out of a stream': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          for await (const event of events) {
            const { metadata } = event as Output;
            if (metadata?.usage) delete metadata.usage.cacheDetails;
            yield event;
          }
        }),
      ),
    fails: ['usage', 'events'],
  },
  'puts a member onto the output': {
    instrument: (client) =>
      around(client, async (next, input) => {
        const output = await next(input);
        output.cost = 1;
        return output;
      }),
    fails: ['output shape', 'callback form', 'aggregated client', 'cached middleware'],
  },
  'gives aborted calls another name': {
    instrument: (client) =>
      replaceError(client, (error) => {
        if (error.name === 'AbortError') error.name = 'Cancelled';
        return error;
      }),
    fails: ['abort'],
  },
  'takes send() for a function without callbacks': {
    instrument: (client) => {
      const { send } = client;
      (client as Output).send = async (command: Output, options: Output) =>
        (send as Output).call(client, command, typeof options === 'function' ? undefined : options);
    },
    fails: ['callback form', 'aggregated client'],
  },
  'keeps what it knows of a call in the context': {
    instrument: (client) =>
      around(client, async (next, input, context) => {
        context.calls = (context.calls ?? 0) + 1;
        if (context.calls > 1) throw new Error('called twice');
        return next(input);
      }),
    fails: ['cached middleware'],
  },
  'writes on the input': {
    instrument: (client) =>
      around(client, (next, input) => {
        (input as Output).useCase = 'capitals';
        return next(input);
      }),
    fails: ['frozen input'],
  },
  'mixes answers up when there are many': {
    instrument: (client) => {
      let inFlight = 0;
      let last: Output;
      return around(client, async (next, input) => {
        inFlight += 1;
        try {
          const output = await next(input);
          if (output.output === undefined) return output;
          const given = inFlight > 50 && last !== undefined ? last : output;
          last = output;
          return given;
        } finally {
          inFlight -= 1;
        }
      });
    },
    fails: ['concurrency'],
  },
  'remembers every event': {
    instrument: (client) =>
      replaceStream(client, (events) =>
        asStream(async function* () {
          for await (const event of events) {
            kept.push(event);
            yield event;
          }
        }),
      ),
    fails: ['heap'],
  },
  'leaves a middleware behind when it is taken back': {
    instrument: (client) => {
      around(client, async (next, input) => next(input));
      return () => {};
    },
    fails: ['undo'],
  },
};
