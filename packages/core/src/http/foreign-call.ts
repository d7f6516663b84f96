import type { ResolvedPayi } from '../settings/resolved-payi.ts';
import type { FetchRequest } from './attempt.ts';

/** Paths of metered calls, and the adapter whose `fetch` knows them. */
const adapters: readonly [path: RegExp, adapter: string][] = [
  [/\/(?:chat\/completions|responses|embeddings)$/, '@payi/openai'],
  [/\/v1\/messages$|\/publishers\/anthropic\/models\/[^/]+:\w+$/, '@payi/anthropic'],
  [/:(?:(?:streamG|g)enerateContent|embedContent|batchEmbedContents|predict)$/, '@payi/google'],
  [/\/model\/[^/]+\/(?:invoke|converse)[a-z-]*$/, '@payi/bedrock'],
];

/** A client that begins with so many requests that are not calls is perhaps one of another provider. */
const manyUnknown = 20;

/**
 * Reports, once, a request of a client that the `fetch` of another adapter would meter.
 *
 * @returns `describe`, watched.
 */
export function reportsForeign<Call extends object>(
  describe: (request: FetchRequest) => Call | undefined,
  { report }: ResolvedPayi,
  adapter: string,
): typeof describe {
  /** Requests at the beginning that are not calls. `NaN` once there was a call. */
  let unknown = 0;
  let isReported = false;
  return (request) => {
    const call = describe(request);
    if (call !== undefined) {
      unknown = Number.NaN;
      return call;
    }
    unknown += 1;
    if (isReported || request.method !== 'POST') return undefined;
    const path = request.url.replace(/^\w+:\/\/[^/]*|\?.*/g, '');
    const [, owner] = adapters.find(([known, name]) => name !== adapter && known.test(path)) ?? [];
    isReported = owner !== undefined || unknown >= manyUnknown;
    if (isReported) {
      const fix = owner
        ? `use payiClientOptions() of ${owner} for this client`
        : 'is it the right one for this client?';
      report({ code: 'NOT_METERED', message: `the fetch of ${adapter} does not meter ${path}: ${fix}` });
    }
    return undefined;
  };
}
