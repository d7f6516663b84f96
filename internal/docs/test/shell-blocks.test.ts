import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocksOf } from '../src/code-blocks.ts';
import { isForClone, isRunByCi } from '../src/commands-in-ci.ts';
import { fencesOf } from '../src/fences.ts';
import { type LocalRegistry, startLocalRegistry } from '../src/local-registry.ts';
import { type LocalServices, startLocalServices } from '../src/local-services.ts';
import { holdsClaim } from '../src/output-claims.ts';
import { readPages } from '../src/pages.ts';
import { runBlock } from '../src/run-block.ts';
import { shellCommandsOf } from '../src/shell-commands.ts';

const run = promisify(execFile);

/** Shell blocks, with the program behind each. Requests to the server of the block before are sent with that block. */
const shellBlocks = readPages().flatMap((page) => {
  const fences = fencesOf(page.text);
  const programs = codeBlocksOf(page);
  return fences.flatMap(({ language, code, line }, index) => {
    if (language !== 'sh') return [];
    const commands = shellCommandsOf(code);
    const isRequest =
      fences[index - 1]?.language === 'ts' && commands.some(({ text }) => text.startsWith('curl '));
    if (isRequest) return [];
    // What a page begins with installs what the page needs; further down it adds to that.
    const isFirst = !fences.slice(0, index).some((fence) => fence.language === 'ts');
    const next = isFirst
      ? programs.find(({ where }) => where.endsWith(`:${fences[index + 1]?.line}`))
      : undefined;
    // Nothing but a key to set makes no difference.
    const key = code.replaceAll(/^export PAYI_API_KEY=…\n/gm, '');
    return [{ where: `${page.path}:${line}`, code, key, commands, next }];
  });
});

const forUsers = shellBlocks.filter(({ commands }) => !commands.every(({ text }) => isForClone(text)));
/** Several pages show the same: it is run once, with the program of each behind it. */
const userBlocks = [...new Set(forUsers.map(({ key }) => key))].map((key) => {
  const blocks = forUsers.filter((block) => block.key === key);
  const code = blocks.map((block) => block.code).sort((one, other) => other.length - one.length)[0] ?? '';
  return {
    where: blocks.map(({ where }) => where).join(', '),
    code,
    commands: shellCommandsOf(code),
    programs: blocks.flatMap(({ next }) => (next ? [next] : [])),
  };
});

describe('a shell block for a clone', () => {
  const commands = shellBlocks
    .filter((block) => !forUsers.includes(block))
    .flatMap((block) => block.commands);

  it.each([...new Set(commands.map(({ text }) => text))])('%s is run by CI', (command) => {
    expect(isRunByCi(command)).toBe(true);
  });
});

describe.concurrent('a shell block for users', () => {
  let registry: LocalRegistry;
  let services: LocalServices;
  let scratch: string;
  beforeAll(async () => {
    // Modules have real paths, which that of the temporary folder need not be.
    scratch = await realpath(await mkdtemp(join(tmpdir(), 'payi-shell-')));
    [registry, services] = await Promise.all([startLocalRegistry(), startLocalServices()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([registry.close(), services.close()]);
    await rm(scratch, { recursive: true, force: true });
  });

  it.for(userBlocks)('$where runs in an empty project', { timeout: 300_000 }, async (block, { expect }) => {
    const project = await mkdtemp(join(scratch, 'project-'));
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block.code], {
      cwd: project,
      env: {
        ...services.environmentFor(block.code),
        // The Node.js of the tests first, whatever `node` is outside.
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        HOME: scratch,
        npm_config_registry: registry.url,
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        npm_config_update_notifier: 'false',
        // As at a terminal, where one says yes.
        npm_config_yes: 'true',
      },
    });
    for (const { claim } of block.commands) {
      if (claim !== undefined) expect(holdsClaim(stdout, claim), `${claim}\n in ${stdout}`).toBe(true);
    }
    for (const program of block.programs) {
      const environment = services.environmentFor(program.source);
      const { faults, stderr } = await runBlock(program, { project, environment });
      expect(faults, `${program.where}\n${stderr}`).toEqual([]);
    }
  });
});

it('a command may be continued, explained and followed by what it prints', () => {
  const code = '# First\nnpm start    # explained\n\n# Then\nnpm install a \\\n  b\n# added 2\n# packages\n';
  expect(shellCommandsOf(code)).toEqual([
    { text: 'npm start', claim: undefined },
    { text: 'npm install a b', claim: 'added 2\npackages' },
  ]);
});

it.each([
  ['npm start', true],
  ['pnpm run lint', true],
  ['npx --yes pnpm@12.21.0 run examples', true],
  ['npx --yes pnpm@12.21.0 --filter @payi-examples/quickstart start', true],
  ['npx --yes pnpm@12.21.0 --filter @payi-examples/nothing start', false],
  ['npx --yes pnpm@12.21.0 --filter @payi-examples/<name> start', true],
  ['pnpm run nothing', false],
  ['npm run nothing', false],
])('whether CI runs %s is %j', (command, isRun) => {
  expect(isForClone(command)).toBe(true);
  expect(isRunByCi(command)).toBe(isRun);
});
