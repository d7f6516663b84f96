import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Context, Handler, StreamifyHandler } from 'aws-lambda';

/*
 * What runs in the process of a function: asks the Runtime API for an invocation, calls the handler, sends what it
 * answers, and asks again. AWS's own, aws-lambda-ric, has parts that are compiled when it is installed; this does the same
 * for one invocation at a time.
 */

const { AWS_LAMBDA_RUNTIME_API = '', _HANDLER = '', LAMBDA_TASK_ROOT = '' } = process.env;

const streamingHandlers = new WeakSet<object>();

// The name is Lambda's: it is how a handler says that it streams
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: StreamifyHandler) => {
      streamingHandlers.add(handler);
      return handler;
    },
  },
});

const handler = await loadHandler();
for (;;) {
  const next = await answerTo(open('GET', 'invocation/next').end());
  const requestId = String(next.headers['lambda-runtime-aws-request-id']);
  const context = createContext(next);
  const event: unknown = JSON.parse(await text(next));
  const respond = streamingHandlers.has(handler) ? respondInPieces : respondAtOnce;
  await respond(`invocation/${requestId}`, event, context);
}

async function loadHandler(): Promise<Handler | StreamifyHandler> {
  const [file = '', name = ''] = _HANDLER.split('.');
  try {
    const loaded = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.ts`)).href);
    if (typeof loaded[name] !== 'function') throw new Error(`${_HANDLER} is undefined or not exported`);
    return loaded[name];
  } catch (error) {
    await send('init/error', describe(error));
    process.exit(1);
  }
}

async function respondAtOnce(path: string, event: unknown, context: Context): Promise<void> {
  try {
    const answer: unknown = await (handler as Handler)(event, context, () => {});
    await send(`${path}/response`, answer ?? null);
  } catch (error) {
    await send(`${path}/error`, describe(error));
  }
}

async function respondInPieces(path: string, event: unknown, context: Context): Promise<void> {
  const response = open('POST', `${path}/response`, {
    'content-type': 'application/octet-stream',
    'lambda-runtime-function-response-mode': 'streaming',
    trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    'transfer-encoding': 'chunked',
  });
  const answered = answerTo(response);
  try {
    await (handler as StreamifyHandler)(event, response as unknown as awslambda.HttpResponseStream, context);
    if (!response.writableEnded) throw new Error('The handler did not end its response.');
  } catch (error) {
    const description = describe(error);
    response.addTrailers({
      'Lambda-Runtime-Function-Error-Type': description.errorType,
      'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(description)).toString('base64'),
    });
    response.end();
  }
  (await answered).resume();
}

/** A request to the Runtime API, without a time-out: the process may be frozen while it waits. */
function open(method: string, path: string, headers: OutgoingHttpHeaders = {}): ClientRequest {
  return request(`http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${path}`, { method, headers });
}

async function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(sent, 'response');
  return response as IncomingMessage;
}

async function send(path: string, body: unknown): Promise<void> {
  const sent = open('POST', path, { 'content-type': 'application/json' });
  (await answerTo(sent.end(JSON.stringify(body)))).resume();
}

function describe(error: unknown): { errorType: string; errorMessage: string; stackTrace: string[] } {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { errorType: name, errorMessage: message, stackTrace: stack.split('\n').slice(1) };
}

function createContext({ headers }: IncomingMessage): Context {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: String(headers['lambda-runtime-aws-request-id']),
    invokedFunctionArn: String(headers['lambda-runtime-invoked-function-arn']),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? '',
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION ?? '',
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? '',
    logGroupName: '',
    logStreamName: '',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
