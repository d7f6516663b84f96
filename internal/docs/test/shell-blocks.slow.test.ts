import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isForClone, isRunByCi } from '../src/commands-in-ci.ts';
import { type LocalRegistry, startLocalRegistry } from '../src/local-registry.ts';
import { type LocalServices, startLocalServices } from '../src/local-services.ts';
import { holdsClaim } from '../src/output-claims.ts';
import { readPages } from '../src/pages.ts';
import { runBlock } from '../src/run-block.ts';
import { type ShellBlock, shellBlocksOf } from '../src/shell-blocks.ts';
import { shellCommandsOf } from '../src/shell-commands.ts';

const run = promisify(execFile);

const shellBlocks = readPages().flatMap(shellBlocksOf);
const forUsers = shellBlocks.filter(({ commands }) => !commands.every(({ text }) => isForClone(text)));
const forClones = shellBlocks.filter((block) => !forUsers.includes(block));

/** What tells blocks apart: not a key to set. */
const essence = ({ code }: ShellBlock): string =>
  code.replaceAll(/^export PAYI_(?:API_KEY|BASE_URL)=….*\n/gm, '');

/** Several pages show the same: it is run once, for all of them. */
const userBlocks = [...new Set(forUsers.map(essence))].map((key) => {
  const blocks = forUsers.filter((block) => essence(block) === key);
  const codes = blocks.map(({ code }) => code).sort((one, other) => other.length - one.length);
  return {
    where: blocks.map(({ where }) => where).join(', '),
    code: codes[0] ?? '',
    outputs: blocks
      .flatMap(({ commands, output }) => [...commands.map(({ claim }) => claim), output])
      .filter((output) => output !== undefined),
    programs: blocks.flatMap(({ program }) => (program ? [program] : [])),
  };
});

describe('a shell block for a clone', () => {
  const commands = forClones.flatMap((block) => block.commands);

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
  }, 300_000);
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
        ...services.environmentForCommands,
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
    for (const output of block.outputs) {
      expect(holdsClaim(stdout, output), `${output}\n in ${stdout}`).toBe(true);
    }
    for (const program of block.programs) {
      const environment = services.environmentFor(program.source);
      const { faults, stderr } = await runBlock(program, { project, environment });
      expect(faults, `${program.where}\n${stderr}`).toEqual([]);
    }
  });
});

it('a shell block is found with what it installs for and what it prints', () => {
  const fence = (language: string, code: string): string => `\`\`\`${language}\n${code}\n\`\`\`\n`;
  const text = [
    fence('sh', 'npm install a'),
    fence('ts', "import 'a';"),
    fence('sh', 'curl http://localhost:3000'),
    fence('sh', 'npm ls'),
    'It prints:\n',
    fence('text', 'a'),
    fence('sh', 'npm install b'),
    'A picture:\n',
    fence('text', '→'),
    fence('sh', 'npm install c'),
    fence('ts', "import 'c';"),
  ].join('');
  const blocks = shellBlocksOf({ path: 'page.md', text });
  expect(blocks.map(({ code, output, program }) => [code, output, program?.where])).toEqual([
    ['npm install a\n', undefined, 'page.md:5'],
    ['npm ls\n', 'a\n', undefined],
    ['npm install b\n', undefined, undefined],
    ['npm install c\n', undefined, undefined],
  ]);
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
