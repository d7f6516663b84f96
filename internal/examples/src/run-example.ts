import { parseArgs } from 'node:util';
import type { EmbeddedBackend, EmbeddedBackendOptions } from './embedded-backend.ts';
import { type LiveProvider, missingForLive } from './missing-for-live.ts';

/** An example as its `main.ts` describes it. */
export interface Example {
  /** Whom it calls. */
  readonly providers: readonly LiveProvider[];
  /** What an account at Pay-i has to have for `--live`, e.g. `the use case trip_planner`. The local Pay-i has it all. */
  readonly atPayi: readonly string[];
  /** What the services on this machine answer. @default {@link startEmbeddedBackend}'s */
  readonly embeddedBackend?: EmbeddedBackendOptions;
  /**
   * The example itself. Its calls are the same on this machine and live: only the environment says where the services are.
   *
   * @param backend - What runs on this machine, to look at; absent with `--live`.
   */
  run(backend?: EmbeddedBackend): Promise<void>;
  /**
   * Shows and checks what arrived, on this machine only. Called when the services are closed, so that every call is in
   * the ledger.
   */
  report?(backend: EmbeddedBackend): void | Promise<void>;
}

/**
 * Runs an example: on this machine, or with `--live` against the real services.
 *
 * With `--live` and without what that needs, it says on standard error what is missing and sets the exit code to 1;
 * nothing is called then.
 *
 * @throws What the example throws, and an `Error` when a provider saw an annotation or AWS would not have taken a
 *   signature.
 */
export async function runExample(example: Example): Promise<void> {
  const { live } = parseArgs({ options: { live: { type: 'boolean', default: false } } }).values;
  await (live ? runLive(example) : runEmbedded(example));
}

async function runEmbedded({ embeddedBackend, run, report }: Example): Promise<void> {
  // Live, no local server is even loaded.
  const { startEmbeddedBackend } = await import('./embedded-backend.ts');
  const backend = await startEmbeddedBackend(embeddedBackend);
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|ANTHROPIC|ASCERTA|BEDROCK|OPENAI|PAYI)_/.test(name)) delete process.env[name];
  }
  Object.assign(process.env, backend.environment);
  try {
    await run(backend);
  } finally {
    await backend.close();
  }
  checkProviders(backend);
  await report?.(backend);
}

async function runLive({ providers, atPayi, run }: Example): Promise<void> {
  const missing = await missingForLive(providers);
  if (missing.length > 0) {
    console.error(`--live calls ${providers.join(', ')} and Pay-i, and needs:\n  ${missing.join('\n  ')}`);
    process.exitCode = 1;
    return;
  }
  if (atPayi.length > 0) console.log(`Your account at Pay-i must have ${atPayi.join(', ')}.\n`);
  await run();
}

function checkProviders({ bedrock, openai, anthropic }: EmbeddedBackend): void {
  for (const { signature } of bedrock.requests) {
    if (!signature.valid) throw new Error(`AWS refused the signature: ${signature.message}`);
  }
  const received = [bedrock, openai, anthropic].flatMap(({ requests }) =>
    requests.flatMap(({ headers }) => Object.keys(headers)),
  );
  if (received.some((name) => /^xproxy-/i.test(name))) throw new Error('an annotation reached a provider');
}
