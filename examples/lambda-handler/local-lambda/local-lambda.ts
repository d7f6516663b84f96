import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface LocalLambdaOptions {
  /** As in Lambda: the file without its extension, a dot, and the name of the export, e.g. `handler.handler`. */
  readonly handler: string;
  /** The folder of that file. */
  readonly taskRoot: string;
  /** How long an invocation may take. @default 15,000 */
  readonly timeoutMs?: number;
}

/** How an invocation was answered. */
export interface Answer {
  readonly body: string;
  /** The same in the pieces in which it came; a short one in one piece, unless the function streams. */
  readonly pieces: readonly string[];
  /** Whether the process was started for it. */
  readonly isColdStart: boolean;
}

/** One execution environment of a function. */
export interface LocalLambda {
  /**
   * Invokes the function; one invocation at a time.
   *
   * @returns The answer, as soon as it is complete. A streaming function may still be running then.
   * @throws `Error` What the function threw, by name and message; a time-out; the end of the process.
   */
  invoke(event: unknown): Promise<Answer>;
  /** Resolves once the process is frozen, which is when the function has nothing left to do for the invocation. */
  whenFrozen(): Promise<void>;
  /** Ends the process as Lambda does: frozen or not, and without a chance to clean up. */
  close(): Promise<void>;
}

interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly pieces: string[];
  settle(error?: Error): void;
}

const functionArn = 'arn:aws:lambda:us-east-1:123456789012:function:local';
const runtime = fileURLToPath(new URL('runtime.ts', import.meta.url));

/**
 * Runs a function as AWS Lambda does, on this machine: a process that asks the Runtime API for its next invocation, is
 * started by the first one, and is frozen (`SIGSTOP`) from each answer until the next invocation.
 *
 * Linux and macOS. The environment of this process is the function's too.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startLocalLambda({
  handler,
  taskRoot,
  timeoutMs = 15_000,
}: LocalLambdaOptions): Promise<LocalLambda> {
  let child: ChildProcess | undefined;
  let invocation: Invocation | undefined;
  /** Why the process is about to end, if somebody said so. */
  let exitReason: Error | undefined;
  /** The request of the process for its next invocation, while there is none. */
  let waiting: ServerResponse | undefined;
  let frozen = Promise.withResolvers<void>();

  const server = createServer((request, response) => {
    answerRuntime(request, response).catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  async function answerRuntime(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? '';
    if (path === 'invocation/next') {
      waiting = response;
      if (invocation) handOver(invocation);
      else freeze();
      return;
    }
    const [, scope, kind] = /^(invocation|init)\/(?:[^/]+\/)?(response|error)$/.exec(path) ?? [];
    const pieces = kind === 'response' && invocation ? invocation.pieces : [];
    // As they were sent, also when several are there at once
    request.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
    await once(request, 'end');
    response.writeHead(kind ? 202 : 404, { 'content-type': 'application/json' }).end('{"status":"OK"}');
    // A function that fails in the middle of a stream says so after it
    const trailer = request.trailers['lambda-runtime-function-error-body'];
    if (trailer) settle(parseError(Buffer.from(trailer, 'base64').toString()));
    else if (scope === 'init') exitReason = parseError(pieces.join(''));
    else settle(kind === 'error' ? parseError(pieces.join('')) : undefined);
  }

  function handOver({ requestId, event }: Invocation): void {
    child?.kill('SIGCONT');
    frozen = Promise.withResolvers<void>();
    waiting?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': Date.now() + timeoutMs,
      'lambda-runtime-invoked-function-arn': functionArn,
    });
    waiting?.end(JSON.stringify(event));
    waiting = undefined;
  }

  function freeze(): void {
    child?.kill('SIGSTOP');
    frozen.resolve();
  }

  function settle(error?: Error): void {
    const settled = invocation;
    invocation = undefined;
    settled?.settle(error);
  }

  function startProcess(): ChildProcess {
    const { port } = server.address() as AddressInfo;
    const started = spawn(process.execPath, [runtime], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: taskRoot,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: 'local',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      },
    });
    started.once('exit', () => {
      child = undefined;
      waiting = undefined;
      const reason = exitReason ?? new Error('Runtime exited before it answered');
      exitReason = undefined;
      settle(reason);
    });
    return started;
  }

  // A frozen process would outlive this one.
  const endProcess = (): void => void child?.kill('SIGKILL');
  process.once('exit', endProcess);

  return {
    invoke: async (event) => {
      if (invocation) throw new Error('The function is still busy with another invocation.');
      const isColdStart = child === undefined;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const pieces: string[] = [];
      const settled = (error?: Error): void => (error ? reject(error) : resolve());
      invocation = { requestId: randomUUID(), event, pieces, settle: settled };
      child ??= startProcess();
      if (waiting) handOver(invocation);
      const timer = setTimeout(() => {
        exitReason = new Error(`Task timed out after ${timeoutMs / 1000} seconds`);
        endProcess();
      }, timeoutMs);
      try {
        await promise;
        return { body: pieces.join(''), pieces, isColdStart };
      } finally {
        clearTimeout(timer);
      }
    },
    whenFrozen: () => frozen.promise,
    close: async () => {
      const exited = child && once(child, 'exit');
      endProcess();
      await exited;
      process.off('exit', endProcess);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The error that a runtime reports. */
function parseError(body: string): Error {
  const { errorType, errorMessage } = JSON.parse(body) as { errorType: string; errorMessage: string };
  return Object.assign(new Error(errorMessage), { name: errorType });
}
