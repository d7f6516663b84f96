import { percentDecode } from '../percent-decode.ts';
import { isOpenAIOperation, readOpenAIUsage, tapOpenAIStream } from './openai-operations.ts';
import { annotationRows } from './proxy-annotations.ts';
import { proxyHeaderNames } from './proxy-headers.ts';
import type { ProxyOperation, ProxyRoute } from './proxy-route.ts';
import { requestedModel } from './requested-model.ts';

/**
 * Azure OpenAI. The name of a deployment does not identify its model, so each call states the resource to price. Each
 * customer has its own host.
 */
export const azureOpenaiRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/azure.openai',
  category: 'system.azureopenai',
  requiredHeaders: [proxyHeaderNames.providerBaseUri, annotationRows.priceAsResource.header],

  match(providerPath, body): ProxyOperation | undefined {
    const [, deployment, operation] =
      /^\/openai\/deployments\/([^/?]+)\/([a-z/]+)(?:\?.*)?$/.exec(providerPath) ?? [];
    if (deployment && isOpenAIOperation(operation)) {
      return { operation, resource: percentDecode(deployment) };
    }
    return /^\/openai\/v1\/responses(?:\?.*)?$/.test(providerPath)
      ? { operation: 'responses', resource: requestedModel(body) }
      : undefined;
  },

  readUsage: readOpenAIUsage,
  tapStream: tapOpenAIStream,
};
