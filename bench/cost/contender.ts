/**
 * One process that makes calls in one way, in batches that its parent asks for. See main.ts.
 *
 *     node contender.ts '<Spec as JSON>'
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { GCProfiler } from 'node:v8';
import type { Payi, Route } from '@payi/core';
import { annotationsOf, type HeaderRecord, headersByHand, type Input } from './annotations.ts';
import { openAnthropic } from './anthropic.ts';
import { openBedrock } from './bedrock.ts';
import { openOpenAI } from './openai.ts';
import { type Operation, operations, type Spec } from './operations.ts';
import type { Send, Setup } from './provider.ts';
import { Tally } from './tally.ts';

/** What one batch took, per call. */
export interface Batch {
  readonly microseconds: number;
  /** Processor time of all threads of the process, which compile and collect beside the calls. */
  readonly cpuMicroseconds: number;
  readonly bytes: number;
  /** Collections of garbage in the whole batch, and the time that they took per call. */
  readonly collections: number;
  readonly collectionMicroseconds: number;
}

type Call = (annotations: Input) => Promise<unknown>;

const open: Readonly<Record<Operation['provider'], (setup: Setup) => Send>> = {
  bedrock: openBedrock,
  openai: openOpenAI,
  anthropic: openAnthropic,
};

const require = createRequire(import.meta.url);
const spec = JSON.parse(process.argv[2] ?? '') as Spec;
const tally = new Tally();
const problems: string[] = [];
/** How many calls were observed, usage included. */
let observed = (): number => tally.calls;
let arrived: Headers | HeaderRecord | undefined;
let made = 0;

const call = createCall();
process.on('message', async (calls: number) => process.send?.(await measure(calls)));
process.on('disconnect', () => process.exit());

function createCall(): Call {
  const setup = {
    require,
    tally,
    isProxied: spec.isProxied,
    arrived(headers: Headers | HeaderRecord) {
      arrived = headers;
    },
  };
  const openProvider = open[operations[spec.operation].provider];
  if (spec.way === 'bare') {
    const send = openProvider(setup);
    return spec.annotations === 'none' ? () => send() : (annotations) => send(headersByHand(annotations));
  }
  if (spec.way === 'by hand') {
    const storage = new AsyncLocalStorage<HeaderRecord>();
    const send = openProvider({ ...setup, storage });
    const fromContext = (): Promise<unknown> => send();
    return spec.annotations === 'per call'
      ? (annotations) => send(headersByHand(annotations))
      : (annotations) => storage.run(headersByHand(annotations), fromContext);
  }
  const { createHeaders } = require('@payi/core') as typeof import('@payi/core');
  const send = openProvider({ ...setup, payi: createObserver(spec.route as Route) });
  const fromContext = (): Promise<unknown> => send();
  if (spec.annotations === 'none') return fromContext;
  if (spec.annotations === 'per call') return (annotations) => send(createHeaders(annotations));
  const { track } = require('@payi/core/context') as typeof import('@payi/core/context');
  return (annotations) => track(annotations, fromContext);
}

function createObserver(route: Route): Payi {
  const { createPayi } = require('@payi/core') as typeof import('@payi/core');
  // Route `direct` is measured until an event is queued. Its first batch is never answered, so nothing else is sent.
  globalThis.fetch = () => new Promise(() => {});
  const payi = createPayi({
    route,
    apiKey: 'not-used',
    baseUrl: 'https://payi.example',
    delivery: {
      results: 'never',
      timeoutMs: 1e9,
      maxQueuedEvents: 1e9,
      maxQueuedBytes: 1e12,
    },
    // On route `direct` a receipt comes when the event is delivered, and nothing is.
    ...(route !== 'direct' && {
      onReceipt({ units, cost }) {
        tally.add(units.text?.input, units.text?.output);
        if (spec.isProxied && cost === undefined) problems.push("a receipt lacks the cost of Pay-i's answer");
      },
    }),
    onDiagnostic: ({ code, message }) => problems.push(`${code}: ${message}`),
  });
  if (route === 'direct') observed = () => payi.stats().queued;
  return payi;
}

async function measure(calls: number): Promise<Batch> {
  const inputs = Array.from({ length: calls }, () => annotationsOf(++made));
  const collections = new GCProfiler();
  collections.start();
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (const input of inputs) await call(input);
  const milliseconds = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const { heapUsed, external } = process.memoryUsage();
  const { statistics } = collections.stop();
  await check();
  return {
    microseconds: (milliseconds * 1000) / calls,
    cpuMicroseconds: (user + system) / calls,
    bytes: (heapUsed + external - memory.heapUsed - memory.external) / calls,
    collections: statistics.length,
    collectionMicroseconds: statistics.reduce((sum, { cost }) => sum + cost, 0) / calls,
  };
}

/** @throws when the annotations of the last call did not arrive, or the usage of a call was not read. */
async function check(): Promise<void> {
  const names = arrived instanceof Headers ? [...arrived.keys()] : Object.keys(arrived ?? {});
  const sent = names.filter((name) => /^xproxy-(?!api-key|provider-baseuri)/i.test(name)).length;
  const isDropped = spec.way === 'bare' && spec.operation === 'invoke-model';
  const expected = spec.annotations === 'none' || spec.route === 'direct' || isDropped ? 0 : 13;
  if (sent !== expected) throw new Error(`${sent} headers in place of ${expected} arrived: ${names}`);
  for (let turn = 0; spec.way !== 'bare' && observed() < made; turn += 1) {
    if (turn > 100) throw new Error(`the usage of ${observed()} calls in place of ${made} was read`);
    await new Promise(setImmediate);
  }
  if (problems.length > 0) throw new Error(problems[0]);
}
