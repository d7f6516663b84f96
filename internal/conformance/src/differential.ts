import { setTimeout as sleep } from 'node:timers/promises';
import * as tls from 'node:tls';
import { type RunningPayi, startPayi } from '@payi/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTimers } from '../../testing/clock.ts';
import { bedrockSurface } from './bedrock-surfaces.ts';
import { anthropicBehaviors } from './behaviors/anthropic.ts';
import { bedrockBehaviors } from './behaviors/bedrock.ts';
import type { Behavior } from './behaviors/behavior.ts';
import { commonBehaviors } from './behaviors/common.ts';
import { fetchBehaviors } from './behaviors/fetch.ts';
import { openaiBehaviors } from './behaviors/openai.ts';
import { Lab, type Way } from './lab.ts';
import { sdkAge, smithyVersion } from './sdks.ts';
import type { Surface } from './surface.ts';

// What a caller can see has to be the same with Pay-i as without: on every route, with every adapter and every kind of
// request handler, on every tree of dependencies.

/** Pay-i over each protocol. */
export const payis: Record<string, RunningPayi> = {};
const authorities = tls.getCACertificates('default');
beforeAll(async () => {
  payis.HTTP = await startPayi();
  payis['TLS with HTTP/1.1'] = await startPayi({ tls: true, protocol: 'http/1.1' });
  payis['TLS with HTTP/1.1 and HTTP/2'] = await startPayi({ tls: true });
});
afterAll(async () => {
  tls.setDefaultCACertificates(authorities);
  await Promise.all(Object.values(payis).map((payi) => payi.close()));
});

/** A handler of the application's own. */
export const subclass = 'own HTTP/2';

const isBedrock = ({ name }: Surface): boolean => name.startsWith('Bedrock');
const isGoogle = ({ provider }: Surface): boolean => provider === 'google';
const behaviorsOf = (surface: Surface): [string, Behavior][] =>
  [
    commonBehaviors,
    isBedrock(surface) ? bedrockBehaviors : isGoogle(surface) ? {} : fetchBehaviors,
    openaiBehaviors,
    anthropicBehaviors,
  ]
    .flatMap((table) => Object.entries(table))
    .filter(([, { on }]) => on?.(surface) !== false);

/** The SDK's own HTTP/2 handler loses the end of an answer in these trees, with and without us. */
const cutsAnswers = /^3\.(?:[6-9]|1\d|2\d)\./.test(smithyVersion);
const readsNoAnswer = /^a call aborted (?:before|while it)|^a time limit of the client$/;
const ignoresLimitOfCall = /^(?:2|3\.\d)\./.test(smithyVersion);
const faultsOfSdk = (name: string, isOverHttp2: boolean): boolean =>
  (cutsAnswers && isOverHttp2 && !readsNoAnswer.test(name)) ||
  (ignoresLimitOfCall && name === 'a time limit of the call');

/** Tells which behavior has no end. */
async function never(): Promise<never> {
  await sleep(60_000, undefined, { ref: false });
  throw new Error('it does not end');
}

/** Until so many calls are settled, and no more. */
async function settled({ receipts }: Lab, count: number): Promise<void> {
  let looks = 0;
  await expect
    .poll(() => {
      looks += 1;
      // What was read in a way that nobody sees is settled when it is gone.
      if (looks % 20 === 0) globalThis.gc?.();
      return receipts.length;
    })
    .toBe(count);
}

/** How long Pay-i waits for a first retry of an SDK that it knows by its `fetch` alone. */
const retryWaitMs = 2500;

/** What can be seen of one behavior. */
async function observe(surface: Surface, way: Way, behavior: Behavior): Promise<unknown> {
  const { receipts = 1, hidesRequests, leaves, limits, movesClock, see } = behavior;
  const staysOpen = leaves === true && (isBedrock(surface) || isGoogle(surface)) && way.route === undefined;
  const lab = await Lab.open(surface, way, limits);
  try {
    const retryWait = movesClock && holdTimers(retryWaitMs);
    const seen = await Promise.race([see(lab), never()]);
    retryWait?.pass(0);
    const requests = hidesRequests === true ? [] : await lab.requests(staysOpen ? 'aborted' : undefined);
    if (way.route !== undefined && receipts !== 'any') await settled(lab, receipts);
    const diagnostics = lab.diagnostics.filter(({ code }) => code !== 'HANDLER_BYPASSED');
    return { seen, requests, diagnostics };
  } finally {
    await lab.close();
  }
}

/** How calls go over the SDK's HTTP/2 handler. Without it, they go as without Pay-i. */
async function isHttp2(surface: Surface): Promise<boolean> {
  if (!isBedrock(surface)) return false;
  const lab = await Lab.open(surface, {});
  await lab.close();
  const { metadata } = (lab.connection.client as { config: { requestHandler: Handler } }).config
    .requestHandler;
  return metadata?.handlerProtocol === 'h2';
}
interface Handler {
  readonly metadata?: { readonly handlerProtocol?: string };
}

/** Tests that these clients do the same with Pay-i as without. */
export function testDifferences(all: readonly Surface[]): void {
  describe.each(all)(`$name with Pay-i as without, ${sdkAge} SDK`, (surface) => {
    const bare = new Map<string, Promise<unknown>>();
    const observeBare = (of: Surface, name: string, behavior: Behavior): Promise<unknown> => {
      const known = bare.get(of.name + name) ?? observe(of, {}, behavior);
      bare.set(of.name + name, known);
      return known;
    };
    const ways: Record<string, () => Way> = {
      'on route headers': () => ({ route: 'headers' }),
      'on route direct': () => ({ route: 'direct', payi: payis.HTTP }),
      'on route proxy': () => ({ route: 'proxy', payi: payis.HTTP }),
      // The caller's `fetch` would not trust the certificates.
      ...(isBedrock(surface) &&
        !surface.name.endsWith('fetch') && {
          'on route proxy over TLS with HTTP/1.1': () => ({
            route: 'proxy',
            payi: payis['TLS with HTTP/1.1'],
          }),
          'on route proxy over TLS with both': () => ({
            route: 'proxy',
            payi: payis['TLS with HTTP/1.1 and HTTP/2'],
          }),
        }),
    };

    it.each(Object.entries(ways))('%s', async (name, wayOf) => {
      const way = wayOf();
      const goesHttp2 = await isHttp2(surface);
      // Calls to Pay-i go over HTTP/1.1 instead, where the caller has not written the handler.
      const isReplaced =
        goesHttp2 && way.route === 'proxy' && !(surface.name.includes(subclass) && /both/.test(name));
      const like = isReplaced ? bedrockSurface(surface.operation as 'Converse', 'HTTP/1.1') : surface;
      const seen: Record<string, unknown> = {};
      const expected: Record<string, unknown> = {};
      const broken: unknown[] = [];
      const compare = async ([title, behavior]: [string, Behavior]): Promise<void> => {
        if (faultsOfSdk(title, goesHttp2 && !isReplaced)) return;
        // The SDK hands `fetch` a `Request`. Node.js loses an abort when it collects that before its answer has ended.
        if (surface.name.endsWith('over fetch') && /abort/.test(title)) return;
        try {
          expected[title] = await observeBare(like, title, behavior);
          seen[title] = await observe(surface, way, behavior);
        } catch (error) {
          broken.push([title, expected[title] === undefined ? 'without Pay-i' : 'with Pay-i', error]);
        }
      };
      const rows = behaviorsOf(surface).filter(
        ([, { except }]) => except?.[way.route ?? 'direct'] === undefined,
      );
      // Those that move the clock come last, and one by one.
      await Promise.all(rows.filter(([, { movesClock }]) => movesClock !== true).map(compare));
      for (const row of rows) if (row[1].movesClock === true) await compare(row);
      expect(broken).toEqual([]);
      expect(seen).toEqual(expected);
    });
  });
}
