import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CodeBlock } from './code-blocks.ts';
import type { FunctionCoverage } from './observe-block.ts';
import { holdsClaim, outputClaimsOf, uncaughtErrorOf, writesToStderr } from './output-claims.ts';

/** Blocks become files here, where their imports find the packages that `internal/docs` depends on. */
const blocksDirectory = fileURLToPath(new URL('../blocks/', import.meta.url));

const observer = new URL('./observe-block.ts', import.meta.url).href;
const handlerCaller = fileURLToPath(new URL('./call-handler.ts', import.meta.url));
const fetchServer = fileURLToPath(new URL('./serve-fetch.ts', import.meta.url));

/** How a block ended. */
export interface BlockRun {
  /** What was wrong, each in a sentence; none if the block is as a block has to be. */
  readonly faults: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunBlockOptions {
  /** Blocks of the same page that have names: they lie beside the block as files. */
  readonly siblings?: readonly CodeBlock[];
  /** What the block finds in its environment, besides `PATH` and an empty `HOME`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A project to put the block into. @default One where every package is installed that a page speaks of */
  readonly project?: string;
  /** Whether functions may be there for others to call. @default false */
  readonly mayLeaveFunctions?: boolean;
  /** A directory in which runs share compiled code of packages. A run must not find there what it left itself. */
  readonly compileCache?: string;
  /** Milliseconds until a block that has not ended is stopped. @default 180_000 */
  readonly timeout?: number;
}

/** The directories of one run. */
interface Places {
  /** Of the block and its siblings. */
  readonly files: string;
  /** Where it starts: an empty directory. */
  readonly work: string;
  readonly home: string;
  /** What {@link FunctionCoverage} is written to. */
  readonly reports: string;
}

/**
 * Runs a block as a program of its own, in an empty directory.
 *
 * It has to end by itself, with exit code 0, with all its functions run and what it says it prints printed. Nothing else
 * than the block may write to `stderr`. A block that ends in an error on purpose has that error as its last line.
 *
 * A block that exports `handler` gets it called with the JSON block behind it. A block that a shell block with `curl`
 * stands behind is a server: that shell block is run, and then the server gets a SIGTERM. The default export of a block
 * is served as edge runtimes do.
 */
export async function runBlock(block: CodeBlock, options: RunBlockOptions = {}): Promise<BlockRun> {
  const scratch = await mkdtemp(join(tmpdir(), 'payi-block-'));
  const places: Places = {
    files: options.project ?? join(blocksDirectory, block.where.replaceAll(/\W/g, '-')),
    work: join(scratch, 'work'),
    home: join(scratch, 'home'),
    reports: join(scratch, 'reports'),
  };
  try {
    await Promise.all(Object.values(places).map((place) => mkdir(place, { recursive: true })));
    for (const { fileName, source } of [...(options.siblings ?? []), block]) {
      await writeFile(join(places.files, fileName), source);
    }
    return await runIn(places, block, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    if (options.project === undefined) await rm(places.files, { recursive: true, force: true });
  }
}

async function runIn(
  places: Places,
  block: CodeBlock,
  {
    siblings = [],
    environment = {},
    compileCache,
    timeout = 180_000,
    mayLeaveFunctions = false,
  }: RunBlockOptions,
): Promise<BlockRun> {
  const { source, fileName, next } = block;
  const program = programOf(block, siblings);
  const file = join(places.files, fileName);
  let command = [file];
  if (isHandler(source)) command = [handlerCaller, file, next?.code ?? ''];
  else if (/^export default /m.test(source)) command = [fetchServer, file];
  const child = spawn(process.execPath, ['--import', observer, ...command], {
    cwd: places.work,
    env: {
      ...environment,
      PATH: process.env.PATH,
      HOME: places.home,
      NODE_COMPILE_CACHE: compileCache,
      BLOCK_REPORTS: places.reports,
      BLOCK_FILES: pathToFileURL(places.files).href,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  const ended = endOf(child);
  const faults: string[] = [];
  if (isHandler(source) && next?.language !== 'json') {
    faults.push('It exports a handler, but no JSON block with an event is behind it.');
  }
  if (next?.language === 'sh' && /^curl /m.test(next.code)) {
    const fault = await requestFault(child, ended, next.code, places.home);
    if (fault) faults.push(fault);
    child.kill('SIGTERM');
  }
  const { code, signal, stdout, stderr } = await ended;
  clearTimeout(timer);
  const uncaught = uncaughtErrorOf(source);
  if (signal === 'SIGKILL') faults.push(`It has not ended after ${timeout} milliseconds.`);
  else if (uncaught === undefined) {
    if (code !== 0) faults.push(`It ends with ${code ?? signal}.`);
    if (stderr !== '' && !writesToStderr(source))
      faults.push('Something else than the block writes to stderr.');
  } else if (code === 0 || !holdsClaim(stderr, uncaught)) faults.push(`It does not end in "${uncaught}".`);
  for (const { stream, text, line } of program.flatMap((part) => outputClaimsOf(part.source))) {
    if (holdsClaim(stream === 'stdout' ? stdout : stderr, text)) continue;
    faults.push(`No lines of ${stream} are what line ${line} says: ${text}`);
  }
  if (faults.length === 0 && uncaught === undefined && !mayLeaveFunctions)
    faults.push(...(await neverRun(program, places)));
  return { faults, stdout, stderr };
}

/** @returns The block and those that it names, and those that they name. */
function programOf(block: CodeBlock, siblings: readonly CodeBlock[]): CodeBlock[] {
  const program = [block];
  for (const { source } of program) {
    program.push(...siblings.filter((other) => source.includes(other.fileName) && !program.includes(other)));
  }
  return program;
}

function isHandler(source: string): boolean {
  return /^export (const|(async )?function) handler\b/m.test(source);
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [Ended['code'], Ended['signal']];
  return { code, signal, stdout, stderr };
}

/** Runs a page's requests to its server, with the port that the server has. @returns What was wrong. */
async function requestFault(
  child: ChildProcess,
  ended: Promise<Ended>,
  script: string,
  home: string,
): Promise<string | undefined> {
  const listening = once(child, 'message') as Promise<[{ port: number }]>;
  const first = await Promise.race([listening, ended]);
  if (!Array.isArray(first)) return 'It ends before it listens.';
  // A status beyond 399 is a failure of curl only if it is told so.
  await writeFile(join(home, '.curlrc'), 'silent\nshow-error\nfail-with-body\n');
  const requests = script.replaceAll(/(localhost|127\.0\.0\.1):3000\b/g, `127.0.0.1:${first[0].port}`);
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: home };
    execFile('bash', ['-euo', 'pipefail', '-c', requests], { env }, (error, stdout, stderr) => {
      if (error) resolve(`The request behind it fails: ${stdout}${stderr}`);
      else {
        const [, claim] = /((?:^# .*\n)+)$/m.exec(script) ?? [];
        const isAnswered = claim === undefined || holdsClaim(stdout, claim.replaceAll(/^# /gm, ''));
        resolve(isAnswered ? undefined : `The answer is not what the page says: ${stdout}`);
      }
    });
  });
}

/** @returns What no thread of the block ran: files and functions. Those for faults do not run in a good run. */
async function neverRun(program: readonly CodeBlock[], { files, reports }: Places): Promise<string[]> {
  const functions = new Map<string, FunctionCoverage & { block: CodeBlock }>();
  for (const report of await readdir(reports)) {
    const seen = JSON.parse(await readFile(join(reports, report), 'utf8')) as FunctionCoverage[];
    for (const coverage of seen) {
      const block = program.find(
        ({ fileName }) => coverage.url === pathToFileURL(join(files, fileName)).href,
      );
      if (!block) continue;
      const key = `${coverage.url}:${coverage.offset}`;
      const ran = coverage.ran || (functions.get(key)?.ran ?? false);
      functions.set(key, { ...coverage, ran, block });
    }
  }
  const all = [...functions.values()];
  const absent = program.filter((part) => !all.some(({ block }) => block === part));
  if (absent.length > 0) return absent.map(({ where }) => `${where}: the file is never run.`);
  return all
    .filter(({ ran, name }) => !ran && name !== 'onDiagnostic')
    .map(({ name, offset, block }) => {
      const line = block.source.slice(0, offset).split('\n').length;
      return `${block.page}:${line}: ${name === '' ? 'a function' : name} is never called.`;
    });
}
