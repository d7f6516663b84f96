import type { JsonObject } from '../json.ts';
import { readAnthropicUsage } from './anthropic-usage.ts';
import { annotationRows } from './proxy-annotations.ts';
import type { ProxyRoute } from './proxy-route.ts';
import { requestedModel } from './requested-model.ts';
import { type SseFormat, SseMeter, type SseRole } from './sse-meter.ts';
import { SseTap } from './sse-tap.ts';
import { record } from './usage-json.ts';

const operations: Pick<ProxyRoute, 'match' | 'readUsage' | 'tapStream'> = {
  match: (providerPath, body) =>
    /^\/v1\/messages(?:\?.*)?$/.test(providerPath)
      ? { operation: 'messages', resource: requestedModel(body) }
      : undefined,
  readUsage: (_operation, body) => readAnthropicUsage(body),
  tapStream: (_operation, contentType, meter) =>
    contentType.startsWith('text/event-stream') ? new SseTap(new SseMeter(messageFormat, meter)) : undefined,
};

/** Anthropic's own API. */
export const anthropicRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/anthropic',
  category: 'system.anthropic',
  defaultBaseUri: 'https://api.anthropic.com',
  requiredHeaders: [],
  ...operations,
};

/**
 * Anthropic's models on Azure AI Foundry. Pay-i does not document how it finds the customer's host. Here a call may
 * name the host in `xProxy-Provider-BaseUri`; other calls go to the host that all resources share.
 */
export const azureAnthropicRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/azure.anthropic',
  category: 'system.azure',
  defaultBaseUri: 'https://services.ai.azure.com',
  requiredHeaders: [annotationRows.priceAsResource.header],
  ...operations,
};

/** The streams of messages. Vertex AI has them too. */
export const messageFormat: SseFormat = { roleOf, readUsage: readAnthropicUsage, hasLastEvent: true };

/** The result goes into the `message_delta` with the stop reason or, in a stream without it, into `message_stop`. */
function roleOf({ type, delta }: JsonObject): SseRole {
  if (type === 'error') return 'failed';
  const isFinalDelta = type === 'message_delta' && typeof record(delta).stop_reason === 'string';
  return isFinalDelta || type === 'message_stop' ? 'last' : 'more';
}
