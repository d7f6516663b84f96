/**
 * One process that does an operation in one way, in batches that its parent asks for. See main.ts.
 *
 *     node contender.ts '<Spec as JSON>'
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { GCProfiler } from 'node:v8';
import type { Payi, PayiPlugin, Route } from '@payi/core';
import { instrumentations, observeWith } from '../side-by-side/instrumentations.ts';
import { requireContestant } from '../side-by-side/module-copy.ts';
import { annotationsOf, built, type HeaderRecord, headersByHand, type Input } from './annotations.ts';
import { type Answer, answersOf } from './answers.ts';
import { openAnthropic } from './anthropic.ts';
import { openBedrock } from './bedrock.ts';
import { openOpenAI } from './openai.ts';
import { type Operation, operations, type Provider, type Spec } from './operations.ts';
import type { Send, Setup } from './provider.ts';
import { Tally } from './tally.ts';

/** What one batch took, per call. */
export interface Batch {
  /** Processor time of the thread that makes the calls: what they take on the clock, were the machine at rest. */
  readonly microseconds: number;
  /** Processor time of all threads, which compile and collect beside the calls. */
  readonly cpuMicroseconds: number;
  readonly bytes: number;
  /** Collections of garbage in the whole batch. */
  readonly collections: number;
}

/** What is measured: it goes through the inputs one after the other. */
type Run = (inputs: readonly Input[]) => Promise<void>;

const require = createRequire(import.meta.url);
const spec = JSON.parse(process.argv[2] ?? '') as Spec;
const operation: Operation = operations[spec.operation];
const isCreation = operation.provider === undefined;
const tally = new Tally();
const problems: string[] = [];
const nextAnswer =
  operation.provider && answersOf({ ...operation, provider: operation.provider }, spec.isProxied);
/** Those of the batch under way, made before it begins. */
let answers: (Answer | undefined)[] = [];
/** The headers of the last request. */
let arrived: Headers | HeaderRecord | undefined;
let made = 0;
/** How many calls were observed, usage included. */
let observed = (): number => (spec.way === 'bare' || isCreation ? made : tally.calls);

const run = operation.provider === undefined ? createCreation() : oneByOne(createCall(operation.provider));
process.on('message', async (calls: number) => {
  const batch = await measure(calls);
  // Nobody waits for it any more if the parent has ended.
  process.send?.(batch, undefined, undefined, () => {});
});
process.on('disconnect', () => process.exit());

function createCreation(): Run {
  const { createHeaders } = require('@payi/core') as typeof import('@payi/core');
  const create = spec.way === 'Pay-i' ? createHeaders : headersByHand;
  return async (inputs) => {
    // Without a read the engine may drop the work.
    for (const input of inputs) arrived = create(input as never);
  };
}

function oneByOne(call: (annotations: Input) => Promise<unknown>): Run {
  const { events } = operation;
  return async (inputs) => {
    for (const input of inputs) {
      const gotten = await call(input);
      if (events !== undefined && gotten !== events) problems.push(`${gotten} events in place of ${events}`);
    }
  };
}

function createCall(provider: Provider): (annotations: Input) => Promise<unknown> {
  const definition = instrumentations.find(({ module }) => module === spec.way);
  const traced = definition && observeWith(definition, requireContestant);
  if (provider === 'bedrock') traced?.instrumentation.enable();
  const open = { bedrock: openBedrock, openai: openOpenAI, anthropic: openAnthropic }[provider];
  const storage = new AsyncLocalStorage<HeaderRecord>();
  const send: Send = open({
    // An instrumentation finds the SDK in its own install root, in the same version.
    require: traced === undefined ? require : requireContestant,
    tally,
    isStreamed: operation.events !== undefined,
    answer(headers) {
      arrived = headers;
      return answers.pop() as Answer;
    },
    ...(spec.way === 'by hand' && { storage }),
    ...(spec.way === 'Pay-i' && { payi: createObserver(spec.route as Route) }),
    ...(spec.plugin === 'requestMetadata' && {
      requestMetadata: { useCaseName: 'feature', accountName: 'tenant' },
    }),
  } satisfies Setup);
  const plain = (): Promise<unknown> => send();
  if (traced !== undefined) {
    observed = () => traced.observer.recorded() ?? 0;
    return ({ userId }) => traced.observer.within(userId, plain);
  }
  if (spec.annotations === 'none') return plain;
  if (spec.way !== 'Pay-i') {
    return spec.annotations === 'per call'
      ? (annotations) => send(headersByHand(annotations))
      : (annotations) => storage.run(headersByHand(annotations), plain);
  }
  const { createHeaders } = require('@payi/core') as typeof import('@payi/core');
  const { track } = require('@payi/core/context') as typeof import('@payi/core/context');
  return spec.annotations === 'per call'
    ? (annotations) => send(createHeaders(annotations))
    : (annotations) => track(annotations, plain);
}

function createObserver(route: Route): Payi {
  const { createPayi } = require('@payi/core') as typeof import('@payi/core');
  // Route `direct` is measured until an event is queued: its first batch is never answered, so no other is sent.
  globalThis.fetch = () => new Promise(() => {});
  const payi = createPayi({
    route,
    apiKey: 'not-used',
    baseUrl: 'https://payi.example',
    plugins: pluginsOf(spec.plugin),
    delivery: { results: 'never', timeoutMs: 1e9, maxQueuedEvents: 1e9, maxQueuedBytes: 1e12 },
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

function pluginsOf(plugin: Spec['plugin']): PayiPlugin[] {
  if (plugin === 'otel') {
    const { otel } = require('@payi/otel') as typeof import('@payi/otel');
    const { TracerProvider } =
      require('@opentelemetry/sdk-trace') as typeof import('@opentelemetry/sdk-trace');
    const none = async (): Promise<void> => {};
    // A span is made, filled and ended. What its processor does with it is not ours.
    const dropping = { onStart() {}, onEnd() {}, onEnding() {}, forceFlush: none, shutdown: none };
    return [otel({ tracer: new TracerProvider({ spanProcessors: [dropping] }).getTracer('bench') })];
  }
  if (plugin === 'budgets') {
    const { budgets, memoryStore } = require('@payi/budgets') as typeof import('@payi/budgets');
    return [budgets({ store: memoryStore(), rules: [{ max: 9_000_000, per: 'month' }] })];
  }
  return [];
}

async function measure(calls: number): Promise<Batch> {
  const inputs = Array.from({ length: calls }, () => {
    made += 1;
    return annotationsOf(made, spec.isBuilt && built);
  });
  answers = inputs.map(() => nextAnswer?.());
  const collections = new GCProfiler();
  collections.start();
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  const thread = process.threadCpuUsage();
  await run(inputs);
  const ofThread = process.threadCpuUsage(thread);
  const ofAll = process.cpuUsage(cpu);
  const { heapUsed, external } = process.memoryUsage();
  const { statistics } = collections.stop();
  await check();
  return {
    microseconds: (ofThread.user + ofThread.system) / calls,
    cpuMicroseconds: (ofAll.user + ofAll.system) / calls,
    bytes: (heapUsed + external - memory.heapUsed - memory.external) / calls,
    collections: statistics.length,
  };
}

/** @throws when the annotations of the last call did not arrive, or a call was not observed. */
async function check(): Promise<void> {
  const names = arrived instanceof Headers ? [...arrived.keys()] : Object.keys(arrived ?? {});
  const sent = names.filter((name) => /^xproxy-(?!api-key|provider-baseuri)/i.test(name)).length;
  const isDropped = spec.way === 'bare' && operation.provider === 'bedrock';
  const expected = spec.annotations === 'none' || spec.route === 'direct' || isDropped ? 0 : 13;
  if (sent !== expected) throw new Error(`${sent} headers in place of ${expected} arrived: ${names}`);
  for (let turn = 0; observed() < made; turn += 1) {
    if (turn > 100) throw new Error(`the usage of ${observed()} calls in place of ${made} was read`);
    await new Promise(setImmediate);
  }
  if (problems.length > 0) throw new Error(problems[0]);
}
