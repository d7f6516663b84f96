import { isOpenAIOperation, readOpenAIUsage, tapOpenAIStream } from './openai-operations.ts';
import type { ProxyOperation, ProxyRoute } from './proxy-route.ts';
import { requestedModel } from './requested-model.ts';

/** OpenAI, and servers with its interface. The proxy's `/v1` stands for the path of the client's base URL. */
export const openaiRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/openai/v1',
  category: 'system.openai',
  defaultBaseUri: 'https://api.openai.com/v1',
  requiredHeaders: [],

  match(providerPath, body): ProxyOperation | undefined {
    const [, operation] = /^\/([a-z/]+)(?:\?.*)?$/.exec(providerPath) ?? [];
    return isOpenAIOperation(operation) ? { operation, resource: requestedModel(body) } : undefined;
  },

  readUsage: readOpenAIUsage,
  tapStream: tapOpenAIStream,
};
