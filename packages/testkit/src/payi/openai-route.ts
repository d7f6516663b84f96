import { isOpenAIOperation, readOpenAIUsage, tapOpenAIStream } from './openai-operations.ts';
import type { ProxyOperation, ProxyRoute } from './proxy-route.ts';
import { requestedModel } from './requested-model.ts';

/** OpenAI. The base URL of its client includes `/v1`. */
export const openaiRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/openai',
  category: 'system.openai',
  defaultBaseUri: 'https://api.openai.com',
  requiredHeaders: [],

  match(providerPath, body): ProxyOperation | undefined {
    const [, operation] = /^\/v1\/([a-z/]+)(?:\?.*)?$/.exec(providerPath) ?? [];
    return isOpenAIOperation(operation) ? { operation, resource: requestedModel(body) } : undefined;
  },

  readUsage: readOpenAIUsage,
  tapStream: tapOpenAIStream,
};
