import { countTokens } from './count-tokens.ts';
import { defaultText, splitIntoWords } from './default-text.ts';
import { isJsonObject, parseJson } from './json.ts';
import type { ListenOptions } from './listen.ts';
import { percentDecode } from './percent-decode.ts';
import { countPrompt } from './prompt-text.ts';
import type { ProviderAnswer, ReplyAnswer } from './provider-answer.ts';
import type { ProviderRequest } from './provider-request.ts';
import type { Provider, ProviderOperation, ProviderReply } from './providers/provider.ts';
import { renderEvents } from './render-events.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import { requestField } from './request-field.ts';
import { type ScriptedServer, serveProvider } from './serve-provider.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';
import { sseBytes } from './sse-bytes.ts';
import { resolveUsage } from './token-usage.ts';

/** The key that a local provider accepts, and its answers. */
export interface StartProviderOptions extends ListenOptions {
  /** The only key to accept. @default Any key; a call without a key is refused */
  apiKey?: string;
  /**
   * Decides the answer of each call that has a key and no queued answer. `undefined` gives the default answer. If the
   * function throws, the call is answered with status 500.
   */
  answer?: (request: ProviderRequest) => ProviderAnswer | undefined | Promise<ProviderAnswer | undefined>;
}

/** A local provider that accepts requests until it is closed. */
export interface RunningProvider extends ScriptedServer<ProviderRequest, ProviderAnswer> {
  /** A key that is accepted. */
  readonly apiKey: string;
}

/** Starts the local server of a provider. */
export async function startProvider(
  provider: Provider,
  options: StartProviderOptions,
): Promise<RunningProvider> {
  const { answer = () => undefined } = options;

  const decide = async (
    request: ProviderRequest,
    takeScripted: () => ProviderAnswer | undefined,
  ): Promise<RenderedAnswer> => {
    const refuse = (status: number, message: string) =>
      render(provider, undefined, request, { error: { status, message } });
    const key = provider.readKey(request)?.replace(/^Bearer /i, '');
    if (!key || (options.apiKey !== undefined && key !== options.apiKey)) {
      return refuse(401, key ? 'The API key is not valid.' : 'The request has no API key.');
    }
    try {
      const scripted = takeScripted() ?? (await answer(request));
      const operation = findOperation(provider, request);
      if (scripted === undefined && operation === undefined) {
        return refuse(404, `There is nothing at ${request.method} ${request.path}.`);
      }
      const isJson = request.headers['content-type']?.startsWith('application/json');
      if (scripted === undefined && isJson && request.method === 'POST' && request.json === undefined) {
        return refuse(400, 'The body is not a JSON object.');
      }
      return render(provider, operation, request, scripted ?? {});
    } catch (error) {
      return refuse(500, `The scripted answer failed: ${error}`);
    }
  };

  const server = await serveProvider<Pick<ProviderRequest, 'operation' | 'model' | 'json'>, ProviderAnswer>(
    { ...provider, describe: (raw) => describe(provider, raw), decide },
    options,
  );
  return { ...server, apiKey: options.apiKey ?? 'local-key' };
}

function findOperation(
  { operations }: Provider,
  { method, path }: Pick<RawRequest, 'method' | 'path'>,
): ProviderOperation | undefined {
  return operations.find((operation) => (operation.method ?? 'POST') === method && operation.path.test(path));
}

function describe(
  provider: Provider,
  raw: RawRequest,
): Pick<ProviderRequest, 'operation' | 'model' | 'json'> {
  const operation = findOperation(provider, raw);
  const inPath = operation?.path.exec(raw.path)?.groups?.model;
  const model = inPath === undefined ? requestField(raw.body, 'model') : percentDecode(inPath);
  const json = parseJson(raw.body);
  return {
    ...(operation && { operation: operation.name }),
    ...(typeof model === 'string' && { model }),
    ...(isJsonObject(json) && { json }),
  };
}

/** Turns an answer of any kind into status, headers and bytes. */
function render(
  provider: Provider,
  operation: ProviderOperation | undefined,
  request: ProviderRequest,
  answer: ProviderAnswer,
): RenderedAnswer {
  const { headers, delayMs = 0, faults = {}, pace } = answer;
  const rendered = (status: number, contentType: string, body: RenderedAnswer['body']): RenderedAnswer => ({
    status,
    headers: { 'content-type': contentType, ...headers },
    delayMs,
    faults,
    ...(pace && { pace }),
    body,
  });
  if ('error' in answer) {
    const { status, message = `Status ${status}, as scripted.` } = answer.error;
    const json = provider.renderError({ ...answer.error, message }, request.requestId);
    return rendered(status, 'application/json', jsonBytes(json));
  }
  if ('events' in answer) {
    const encode = sseBytes(provider.lineEnd);
    return rendered(200, 'text/event-stream; charset=utf-8', renderEvents(answer, encode));
  }
  if ('json' in answer) return rendered(answer.status ?? 200, 'application/json', jsonBytes(answer.json));
  if ('bytes' in answer) {
    return rendered(answer.status ?? 200, answer.contentType ?? 'application/octet-stream', answer.bytes);
  }
  if (operation === undefined) throw new Error(`${request.path} has no answer of text`);
  return render(provider, operation, request, {
    ...answer,
    ...operation.answer(createReply(request, answer)),
  });
}

function createReply(request: ProviderRequest, answer: ReplyAnswer): ProviderReply {
  const { json = {}, model = 'unknown' } = request;
  const { toolCalls = [], usage = {}, stopReason } = answer;
  const text = answer.text ?? (toolCalls.length > 0 ? '' : defaultText(json));
  const pieces = answer.chunks ?? splitIntoWords(text);
  const whole = pieces.join('');
  const counted = {
    inputTokens: countPrompt(json),
    outputTokens: countTokens(whole + toolCalls.map((call) => JSON.stringify(call)).join('')),
  };
  return {
    model,
    json,
    request,
    text: whole,
    pieces,
    toolCalls,
    usage: { ...resolveUsage(usage, counted), reasoningTokens: usage.reasoningTokens ?? 0 },
    stopReason,
  };
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
