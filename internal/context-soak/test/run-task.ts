import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  type Annotations,
  createHeaders,
  createPayi,
  headerNames,
  type PayiOptions,
  parseHeaders,
  whenSettled,
} from '@payi/core';
import { getContext, track } from '@payi/core/context';
import { type AnnotatedClient, adapters } from './adapters.ts';
import { type CallHeaders, type Expected, expectedAnnotations, type Layer } from './expected-annotations.ts';
import type { Pause, Step } from './random-task.ts';

const ways: readonly PayiOptions[] = [
  { route: 'headers' },
  {
    route: 'headers',
    defaults: {
      useCaseName: 'chat',
      useCaseVersion: 9,
      useCaseProperties: { d: '1', a: 'd' },
      userId: 'default',
      limitIds: ['l0', 'l2'],
      requestProperties: { d: '1', b: 'd' },
      logPromptAndResponse: false,
    },
  },
  {
    route: 'direct',
    apiKey: 'not-used',
    defaults: { accountName: 'default', useCaseStep: 'default' },
    delivery: { offline: () => {}, intervalMs: 1, maxQueuedEvents: 1_000_000 },
  },
];

/** How many clients there are to choose from: each adapter on each of the ways above. */
export const clientCount = Object.keys(adapters).length * ways.length;

/** Runs tasks, and writes down each annotation that is not where it belongs. */
export class Soak {
  readonly faults: string[] = [];
  readonly #sent = new Map<number, Annotations>();
  readonly #clients: readonly { readonly payi: PayiOptions; readonly client: AnnotatedClient }[];
  readonly #idOf = new Map<Layer, string>();
  readonly #ids = new Set<string>();
  readonly #outside = AsyncLocalStorage.snapshot();
  #calls = 0;
  #running = 0;
  #mostRunning = 0;

  constructor() {
    this.#clients = Object.values(adapters).flatMap((create) =>
      ways.map((payi) => ({
        payi,
        client: create(createPayi(payi), async (marker, headers) => {
          this.#sent.set(marker, parseHeaders(headers));
          await pauses[marker % 2 === 0 ? 'immediate' : 'microtask']();
        }),
      })),
    );
  }

  /** What happened: calls made, tasks at the same time, use case instances begun. */
  get figures(): { calls: number; mostTasksAtOnce: number; instances: number } {
    return { calls: this.#calls, mostTasksAtOnce: this.#mostRunning, instances: this.#idOf.size };
  }

  async runTask(steps: readonly Step[]): Promise<void> {
    this.#running += 1;
    this.#mostRunning = Math.max(this.#mostRunning, this.#running);
    await this.#run(steps, []);
    this.#running -= 1;
  }

  async #run(steps: readonly Step[], layers: readonly Layer[]): Promise<void> {
    const beside: Promise<unknown>[] = [];
    for (const step of steps) {
      if (step.kind === 'call') await this.#call(step, layers);
      else if (step.way === 'beside') beside.push(this.#track(step, layers));
      else await this.#track(step, layers);
    }
    await Promise.all(beside);
  }

  async #track({ given, way, steps }: Step & { kind: 'track' }, layers: readonly Layer[]): Promise<unknown> {
    const inner = [...layers, { given }];
    switch (way) {
      case 'call':
      case 'beside':
        return track(given, () => this.#run(steps, inner));
      case 'async':
        return track(given, async () => {
          await setImmediate();
          await this.#run(steps, inner);
        });
      case 'timer':
        return track(
          given,
          () =>
            new Promise((resolve) => {
              globalThis.setTimeout(() => resolve(this.#run(steps, inner)), 1);
            }),
        );
      case 'generator': {
        const run = this.#run.bind(this);
        const generator = track(given, async function* () {
          for (const step of steps) {
            await run([step], inner);
            yield;
          }
        });
        for await (const _ of generator) await setImmediate();
        return undefined;
      }
      case 'by value': {
        const context = track(given, () => JSON.stringify(getContext()));
        const handedOn = JSON.parse(context) as Annotations;
        this.#check(this.#calls, 'the context by value', handedOn, expectedAnnotations({}, inner));
        // As in a worker: whatever else was outside stays there. And later, as there: Node.js 22 has but one current
        // context per resource, and would find the one that is being left.
        await setImmediate();
        return this.#outside(() => track(handedOn, () => this.#run(steps, [{ given: handedOn }])));
      }
    }
  }

  async #call({ pause, client, headers }: Step & { kind: 'call' }, layers: readonly Layer[]): Promise<void> {
    await pauses[pause]();
    const chosen = this.#clients[client];
    if (chosen === undefined) throw new RangeError('no such client');
    this.#calls += 1;
    const marker = this.#calls;
    this.#check(marker, 'the context', getContext() ?? {}, expectedAnnotations({}, layers));
    const response = await chosen.client.call(marker, headers && headersOf(headers));
    const { annotations } = await whenSettled(response);
    const expected = expectedAnnotations(chosen.payi.defaults ?? {}, layers, headers);
    this.#check(marker, 'the receipt', annotations, expected);
    this.#check(
      marker,
      'the request',
      this.#sent.get(marker),
      chosen.payi.route === 'direct' ? {} : expected,
    );
    this.#sent.delete(marker);
  }

  #check(call: number, where: string, actual: Annotations | undefined, expected: Expected): void {
    const { useCaseId, ...seen } = withoutNothing(actual ?? {});
    const { useCaseId: expectedId, ...wanted } = withoutNothing(expected as Annotations);
    if (isDeepStrictEqual(seen, wanted) && this.#isId(useCaseId, expectedId as Expected['useCaseId'])) return;
    this.faults.push(
      `call ${call}, ${where}: ${JSON.stringify(actual)} where ${JSON.stringify(expected)} was due`,
    );
  }

  /** An id that was made up is one that nobody has seen, and from then on the id of that layer. */
  #isId(id: unknown, expected: Expected['useCaseId']): boolean {
    if (typeof expected !== 'object') return id === expected;
    const known = this.#idOf.get(expected);
    if (known !== undefined) return id === known;
    if (typeof id !== 'string' || !/^[\da-f-]{36}$/.test(id) || this.#ids.has(id)) return false;
    this.#ids.add(id);
    this.#idOf.set(expected, id);
    return true;
  }
}

/** What is cleared carries nothing, and logging that is on is not said. */
function withoutNothing(annotations: Annotations): Annotations {
  return Object.fromEntries(
    Object.entries(annotations).filter(([, value]) => value !== null && value !== true),
  );
}

function headersOf({ says, clears }: CallHeaders): Record<string, string> {
  return { ...createHeaders(says), ...Object.fromEntries(clears.map((field) => [headerNames[field], ''])) };
}

const pauses: Readonly<Record<Pause, () => Promise<unknown> | undefined>> = {
  none: () => undefined,
  microtask: () => Promise.resolve(),
  tick: () => new Promise((resolve) => process.nextTick(resolve)),
  immediate: () => setImmediate(),
  timer: () => setTimeout(1),
};
