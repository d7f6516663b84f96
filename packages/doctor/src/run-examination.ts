import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { error, type Finding } from './finding.ts';
import type { Phase } from './inside/confinement.ts';
import type { Examination, ExaminationMessage } from './inside/messages.ts';
import type { ClientReport, DryRunReport } from './report.ts';

export interface ExaminationResult {
  readonly client: ClientReport | undefined;
  readonly dryRun: DryRunReport | undefined;
  readonly findings: readonly Finding[];
  /** URLs of the files that the module loaded. */
  readonly files: readonly string[];
  /** Pay-i as the client knows it. Not to be printed. */
  readonly payi: { readonly baseUrl: string; readonly apiKey: string | undefined } | undefined;
  /** Of the client; not to be printed. */
  readonly secrets: readonly string[];
}

/** Credentials that nobody has: the module's own are not needed, and not there to be lost. */
const placeholders: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'AKIAPAYIDOCTORDRYRUN',
  AWS_SECRET_ACCESS_KEY: 'payi-doctor-dry-run',
  AWS_EC2_METADATA_DISABLED: 'true',
  OPENAI_API_KEY: 'payi-doctor-dry-run',
  ANTHROPIC_API_KEY: 'payi-doctor-dry-run',
};
/** For what the process printed at its end to arrive. */
const streamsGraceMs = 500;
/** Only where they are set: they change how a client authenticates. */
const exchanged = ['AWS_BEARER_TOKEN_BEDROCK', 'AZURE_OPENAI_API_KEY', 'ANTHROPIC_AUTH_TOKEN'];

/**
 * Imports the module in a process of its own and has its client looked at there, within a time. Whatever the module does,
 * that process ends, and what was learnt until then is kept.
 */
export function runExamination(
  examination: Examination,
  { directory, timeoutMs }: { directory: string; timeoutMs: number },
): Promise<ExaminationResult> {
  // The same files, as sources and as built.
  const [, isSource] = /(\.ts)$/.exec(import.meta.url) ?? [];
  const file = (name: string): URL =>
    new URL(isSource ? `./inside/${name}.ts` : `./${name}.js`, import.meta.url);
  const child = spawn(
    process.execPath,
    [
      ...typeScriptFlags(examination.modulePath),
      '--',
      fileURLToPath(file('examine-module')),
      JSON.stringify(examination),
    ],
    {
      cwd: directory,
      env: environmentFor(file('confine-process').href),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let phase: Phase = 'import';
  let isOver = false;
  let printed = '';
  const findings: Finding[] = [];
  const result: { -readonly [Name in keyof ExaminationResult]: ExaminationResult[Name] } = {
    client: undefined,
    dryRun: undefined,
    findings,
    files: [],
    payi: undefined,
    secrets: [],
  };
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-2000);
  };
  child.stdout?.on('data', () => {});
  child.stderr?.on('data', keep);
  child.on('message', (message: ExaminationMessage) => {
    if (message.kind === 'phase') phase = message.phase;
    else if (message.kind === 'findings') findings.push(...message.findings);
    else if (message.kind === 'client') result.client = message.client;
    else if (message.kind === 'dry-run') result.dryRun = message.dryRun;
    else if (message.kind === 'files') result.files = message.files;
    else if (message.kind === 'payi') {
      result.payi = { baseUrl: message.baseUrl, apiKey: message.apiKey };
      result.secrets = [...message.secrets, ...(message.apiKey === undefined ? [] : [message.apiKey])];
    } else isOver = true;
  });
  return new Promise((resolve) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const finish = (code: number | null, signal: string | null): void => {
      clearTimeout(timer);
      // Node.js ends with 13 when it has nothing left to do but wait for the module.
      if (isLate || (!isOver && code === 13)) findings.push(hangs(phase, timeoutMs));
      else if (!isOver) findings.push(ended(phase, code, signal, printed));
      resolve(result);
    };
    child.once('error', (thrown) => {
      findings.push(
        error(
          'INTERNAL_FAULT',
          `no process could be started: ${thrown.message}`,
          'Run it where Node.js may start processes.',
        ),
      );
      isOver = true;
      finish(null, null);
    });
    child.once('close', finish);
    child.once('exit', () => {
      clearTimeout(timer);
      // What the module started may hold the streams open for as long as it runs.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, streamsGraceMs).unref();
    });
  });
}

/** Node.js 22 strips types from 22.18 on by itself, and from 22.6 on when asked to. */
function typeScriptFlags(modulePath: string): string[] {
  const isTypeScript = /\.[cm]?ts$/.test(modulePath);
  const isStripped = Boolean((process.features as { typescript?: unknown }).typescript);
  const flag = '--experimental-strip-types';
  return isTypeScript && !isStripped && process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

function environmentFor(confinementUrl: string): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...placeholders };
  delete environment.AWS_SESSION_TOKEN;
  for (const name of exchanged) {
    if (environment[name]) environment[name] = 'payi-doctor-dry-run';
  }
  // First, so that no other module that is loaded this way comes before it.
  environment.NODE_OPTIONS = `--import=${confinementUrl} ${process.env.NODE_OPTIONS ?? ''}`.trim();
  return environment;
}

const whatTakesLong: Readonly<Record<Phase, { what: string; fix: string }>> = {
  import: {
    what: 'importing the module',
    fix: 'Something in it waits for ever, or for a server that the doctor does not let it reach. Export the client from a module that only makes it.',
  },
  client: {
    what: 'the function that makes the client',
    fix: 'Export a function that makes the client without waiting for anything, and name it with --export.',
  },
  'dry-run': {
    what: 'the dry run',
    fix: 'Something on the way of a call waits: look at middleware of the application. More time: --timeout 60.',
  },
};

function hangs(phase: Phase, timeoutMs: number): Finding {
  const { what, fix } = whatTakesLong[phase];
  return error('MODULE_HANGS', `${what} did not come to an end (within ${timeoutMs / 1000} seconds)`, fix);
}

function ended(phase: Phase, code: number | null, signal: string | null, printed: string): Finding {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const [first] = printed.split('\n').filter((line) => /error/i.test(line));
  const message = `the process ended ${how} during ${whatTakesLong[phase].what}${first === undefined ? '' : `: ${first.trim()}`}`;
  const fix =
    'A module that exports a client should not end the process: move that into the program, and export the client from a module of its own.';
  return error('MODULE_ENDED_PROCESS', message, fix);
}
