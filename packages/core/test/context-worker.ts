import { parentPort, workerData } from 'node:worker_threads';
import type { Annotations } from '../src/annotations/annotations.ts';
import { getContext, track } from '../src/context.ts';

/** Continues the context that came by value, and says what it is before and inside. */
const { context } = workerData as { context: Annotations };
parentPort?.postMessage({ outside: getContext(), inside: track(context, getContext) });
