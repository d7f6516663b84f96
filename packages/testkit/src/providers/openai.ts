import type { JsonObject } from '../json.ts';
import { randomId } from '../random-id.ts';
import { chatCompletion, textCompletion } from './openai-chat.ts';
import { embeddings, images, moderation, speech, transcription } from './openai-media.ts';
import { response } from './openai-responses.ts';
import type { Provider, ProviderOperation } from './provider.ts';

/** OpenAI and Azure OpenAI. @see https://platform.openai.com/docs/api-reference */
export const openai: Provider = {
  hosts: /^api\.openai\.com$|\.openai\.azure\.com$|\.cognitiveservices\.azure\.com$/,
  idHeader: 'x-request-id',
  newId: () => randomId('req_', 32, 'hex'),
  readKey: ({ headers }) => headers['api-key'] ?? headers.authorization,
  renderError: ({ status, type = errorTypes[status] ?? 'invalid_request_error', message, code }) => ({
    error: { message, type, param: null, code: code ?? errorCodes[status] ?? null },
  }),
  operations: [
    operation('chat/completions', chatCompletion),
    operation('completions', textCompletion),
    operation('responses', response),
    operation('embeddings', embeddings),
    operation('images/generations', images),
    operation('images/edits', images),
    operation('audio/transcriptions', transcription),
    operation('audio/translations', transcription),
    operation('audio/speech', speech),
    operation('moderations', (reply) => ({ json: { id: randomId('modr-', 29), ...moderation(reply) } })),
    operation('batches', ({ json }) => ({ json: describeBatch(randomId('batch_', 32, 'hex'), json) })),
    {
      name: 'batches',
      method: 'GET',
      path: /\/batches\/(?<model>[^/]+)$/,
      answer: ({ model }) => ({ json: describeBatch(model) }),
    },
    {
      ...operation('models', () => ({ json: { object: 'list', data: [describeModel('gpt-4o')] } })),
      method: 'GET',
    },
    {
      name: 'models',
      method: 'GET',
      path: /\/models\/(?<model>[^/]+)$/,
      answer: ({ model }) => ({ json: describeModel(model) }),
    },
  ],
};

/** An operation behind any base path: OpenAI's `/v1`, a deployment of Azure OpenAI, or a path of a gateway. */
function operation(name: string, answer: ProviderOperation['answer']): ProviderOperation {
  return { name, path: new RegExp(`(?:/deployments/(?<model>[^/]+))?/${name}$`), answer };
}

function describeModel(id: string): JsonObject {
  return { id, object: 'model', created: 1715367049, owned_by: 'system' };
}

/** A batch that has not begun. Its end and its results have to be scripted. */
function describeBatch(
  id: string,
  { input_file_id = 'file-1', endpoint = '/v1/chat/completions' }: JsonObject = {},
): JsonObject {
  const counts = { total: 0, completed: 0, failed: 0 };
  const status = {
    status: 'validating',
    completion_window: '24h',
    created_at: 1715367049,
    request_counts: counts,
  };
  return { id, object: 'batch', input_file_id, endpoint, ...status };
}

const errorTypes: Readonly<Record<number, string>> = {
  429: 'requests',
  500: 'server_error',
  503: 'server_error',
};

const errorCodes: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };
