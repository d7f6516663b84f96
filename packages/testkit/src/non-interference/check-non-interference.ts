import type { Check } from './check.ts';
import { checks } from './checks/index.ts';
import type { NonInterferenceOptions, ResolvedOptions } from './options.ts';
import type { CheckName, NonInterferenceCheck, NonInterferenceReport, Protocol, Verdict } from './report.ts';
import { Stage } from './stage.ts';

/**
 * Checks that an instrumentation of Bedrock clients changes nothing else: calls bare and instrumented clients side by
 * side in this process, against local servers, and compares everything that an application can notice.
 *
 * No test framework is needed. During the run, the process's listeners for unhandled errors are replaced, see the
 * check `unhandled errors`, so do not run other code beside it that should fail on such errors. Times are compared
 * within one run and with slack, but a busy machine can still make them differ.
 *
 * @returns A report of every check, passed or failed. Faults of the instrumentation do not make it throw.
 */
export async function checkNonInterference(options: NonInterferenceOptions): Promise<NonInterferenceReport> {
  const resolved: ResolvedOptions = {
    protocols: ['http/1.1', 'h2'],
    checks: [...checks.map(({ name }) => name), 'unhandled errors'],
    comparableBytes: (bytes) => bytes,
    volatileMembers: [],
    firstEventSlackMs: 10,
    breakSlackMs: 50,
    backPressureSlack: 0.5,
    heapEvents: 50_000,
    heapSlackBytes: 1_000_000,
    timeoutMs: 20_000,
    ...options,
  };
  const found: NonInterferenceCheck[] = [];
  for (const protocol of resolved.protocols) found.push(...(await checkProtocol(protocol, resolved)));
  return { passed: found.every(({ passed }) => passed), checks: found };
}

async function checkProtocol(protocol: Protocol, options: ResolvedOptions): Promise<NonInterferenceCheck[]> {
  const stage = new Stage(protocol, options);
  const chosen = new Set<CheckName>(options.checks);
  const found: NonInterferenceCheck[] = [];
  for (const check of checks) {
    if (!chosen.has(check.name)) continue;
    found.push({ name: check.name, protocol, ...(await runCheck(check, stage)) });
  }
  if (chosen.has('unhandled errors')) {
    found.push({ name: 'unhandled errors', protocol, measured: true, ...judgeIncidents(stage) });
  }
  return found;
}

async function runCheck(check: Check, stage: Stage): Promise<Verdict & { measured: boolean }> {
  try {
    const verdict = await check.run(stage);
    if (typeof verdict !== 'string') return { ...verdict, measured: true };
    return { passed: true, measured: false, detail: verdict, bare: '–', instrumented: '–' };
  } catch (error) {
    return {
      passed: false,
      measured: true,
      detail: `the check failed: ${error}`,
      bare: '–',
      instrumented: '–',
    };
  }
}

/** Checks that no more errors were uncaught during all other checks than with the bare client. */
function judgeIncidents({ incidents }: Stage): Verdict {
  const of = (wanted: string): string[] =>
    incidents.filter(({ side }) => side === wanted).map(({ text }) => text);
  const [bare, instrumented] = [of('bare'), of('instrumented')];
  return {
    passed: instrumented.length <= bare.length,
    detail: instrumented[0] ?? 'no unhandled rejection, no uncaught exception',
    bare: bare.length,
    instrumented: instrumented.length,
  };
}
