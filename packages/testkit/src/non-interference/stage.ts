import { BedrockRuntime, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type RunningBedrock, type StartBedrockOptions, startBedrock } from '../start-bedrock.ts';
import type { ResolvedOptions } from './options.ts';
import { afterSteps } from './patience.ts';
import type { Protocol } from './report.ts';
import { watchProcess } from './watch-process.ts';

export type Side = 'bare' | 'instrumented';

/** The client and the server of one scenario on one side. */
export interface Scene {
  /** The aggregated client, which is a `BedrockRuntimeClient` with a method for each operation. */
  client: BedrockRuntime;
  bedrock: RunningBedrock;
  /** Removes the instrumentation, if it can be removed. */
  undo: (() => void) | undefined;
}

export interface SceneOptions {
  server?: StartBedrockOptions;
  client?: Partial<BedrockRuntimeClientConfig>;
  /** Runs with the client before it is instrumented. */
  beforehand?: (client: BedrockRuntime) => void | Promise<void>;
}

/** An uncaught error of a scenario. */
export interface Incident {
  side: Side;
  text: string;
}

/** Runs the scenarios of the checks, with bare and with instrumented clients. */
export class Stage {
  readonly protocol: Protocol;
  readonly options: ResolvedOptions;
  readonly incidents: Incident[] = [];

  constructor(protocol: Protocol, options: ResolvedOptions) {
    this.protocol = protocol;
    this.options = options;
  }

  /**
   * Runs a scenario with a new client and a new server.
   *
   * @throws The error of the scenario, or an error if it is stuck.
   */
  async play<Result>(
    side: Side,
    { server = {}, client: config = {}, beforehand }: SceneOptions,
    scenario: (scene: Scene) => Promise<Result>,
  ): Promise<Result> {
    const bedrock = await startBedrock(server);
    const client = new BedrockRuntime({
      ...bedrock.clientConfig,
      ...(this.protocol === 'http/1.1' && { requestHandler: new NodeHttpHandler() }),
      maxAttempts: 1,
      ...config,
    });
    const watch = watchProcess();
    let undo: (() => void) | undefined;
    try {
      await beforehand?.(client);
      const instrument = side === 'bare' ? this.options.baseline : this.options.instrument;
      undo = onlyOnce(instrument?.(client));
      return await withTimeout(scenario({ client, bedrock, undo }), this.options.timeoutMs);
    } finally {
      await watch.stop();
      this.incidents.push(...watch.incidents.map((text) => ({ side, text })));
      undo?.();
      client.destroy();
      await bedrock.close();
    }
  }
}

/** @returns `undefined` if `undo` is not a function. */
function onlyOnce(undo: unknown): (() => void) | undefined {
  if (typeof undo !== 'function') return undefined;
  let isDone = false;
  return () => {
    if (!isDone) undo();
    isDone = true;
  };
}

async function withTimeout<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let stop = (): void => {};
  const timeout = new Promise<never>((_, reject) => {
    stop = afterSteps(timeoutMs, () => reject(new Error(`the scenario was stuck for ${timeoutMs} ms`)));
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    stop();
  }
}
