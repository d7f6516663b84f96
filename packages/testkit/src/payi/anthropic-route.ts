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
    contentType.startsWith('text/event-stream') ? new SseTap(new SseMeter(format, meter)) : undefined,
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
 * Anthropic's models on Azure AI Foundry. How Pay-i finds the customer's host is not on record: here a call may name
 * it in `xProxy-Provider-BaseUri`, and calls that do not go to the host that all resources have in common.
 */
export const azureAnthropicRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/azure.anthropic',
  category: 'system.azure',
  defaultBaseUri: 'https://services.ai.azure.com',
  requiredHeaders: [annotationRows.priceAsResource.header],
  ...operations,
};

const format: SseFormat = { roleOf, readUsage: readAnthropicUsage, hasLastEvent: true };

/** The result belongs on `message_delta`, the one with the reason to stop; `message_stop` takes it where there is none. */
function roleOf({ type, delta }: JsonObject): SseRole {
  if (type === 'error') return 'failed';
  const isFinalDelta = type === 'message_delta' && typeof record(delta).stop_reason === 'string';
  return isFinalDelta || type === 'message_stop' ? 'last' : 'more';
}
