import type { JsonObject } from '../json.ts';
import { percentDecode } from '../percent-decode.ts';
import { messageFormat } from './anthropic-route.ts';
import { readGoogleUsage } from './google-usage.ts';
import type { ProxyOperation, ProxyRoute } from './proxy-route.ts';
import { type SseFormat, SseMeter, type SseRole } from './sse-meter.ts';
import { SseTap } from './sse-tap.ts';
import { record } from './usage-json.ts';

const methods: readonly string[] = [
  'generateContent',
  'streamGenerateContent',
  'rawPredict',
  'streamRawPredict',
];

/** Google's Vertex AI: Gemini and, by `rawPredict`, Anthropic's models. Each region has its own host. */
export const googleVertexRoute: ProxyRoute = {
  prefix: '/api/v1/proxy/google.vertex',
  category: 'system.google.vertex',
  defaultBaseUri: hostOf,
  requiredHeaders: [],

  match(providerPath): ProxyOperation | undefined {
    const [, publisher, model, operation] =
      /^\/v\w+\/projects\/[^/]+\/locations\/[^/]+\/publishers\/([^/]+)\/models\/([^/?]+):(\w+)(?:\?.*)?$/.exec(
        providerPath,
      ) ?? [];
    if (model === undefined || operation === undefined || !methods.includes(operation)) return undefined;
    return { operation, resource: `${publisher}.${percentDecode(model)}` };
  },

  readUsage: (operation, body) => formatOf(operation).readUsage(body ?? {}, {}),

  tapStream: (operation, contentType, meter) =>
    contentType.startsWith('text/event-stream')
      ? new SseTap(new SseMeter(formatOf(operation), meter))
      : undefined,
};

/** @see https://cloud.google.com/vertex-ai/docs/reference/rest#rest_endpoints */
function hostOf(providerPath: string): string {
  const [, location = 'global'] = /\/locations\/([\w-]+)\//.exec(providerPath) ?? [];
  if (location === 'global') return 'https://aiplatform.googleapis.com';
  const isMultiRegion = location === 'us' || location === 'eu';
  return isMultiRegion
    ? `https://aiplatform.${location}.rep.googleapis.com`
    : `https://${location}-aiplatform.googleapis.com`;
}

function formatOf(operation: string): SseFormat {
  return operation.toLowerCase().endsWith('rawpredict') ? messageFormat : geminiFormat;
}

const geminiFormat: SseFormat = { roleOf, readUsage: readGoogleUsage, hasLastEvent: false };

/** The result goes into the last chunk that says why the model stopped. */
function roleOf({ error, candidates, promptFeedback }: JsonObject): SseRole {
  if (error) return 'failed';
  const list: unknown[] = Array.isArray(candidates) ? candidates : [];
  const isStop = list.some((candidate) => typeof record(candidate).finishReason === 'string');
  return isStop || record(promptFeedback).blockReason ? 'maybe-last' : 'more';
}
