import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publishedPackages, root } from './published-packages.ts';
import { type RunningRegistry, startRegistry } from './start-registry.ts';

const run = promisify(execFile);

/** A copy of the repository to release from, and a registry on this machine to release to. */
export interface Rehearsal {
  /** Of the copy. */
  readonly directory: string;
  readonly registry: RunningRegistry;
  /**
   * Runs a script of the root package.json in the copy.
   *
   * @returns What it printed, on both channels.
   * @throws when it fails; the message has what it printed.
   */
  run(script: string): Promise<string>;
  close(): Promise<void>;
}

/** Who publishes: somebody with a token, or the workflow, which npm trusts and which has to prove its origin. */
export type Publisher = 'token' | 'workflow';

/**
 * Copies the repository as it lies on the disk, with what is built, into a folder of its own with a git history of one
 * commit. Nothing that runs there knows another registry than the one on this machine, the user's npm settings or the
 * credentials of a CI job, so that nothing can be published by accident. Needs no network.
 *
 * @throws when a package is not built.
 */
export async function rehearseRelease(publisher: Publisher): Promise<Rehearsal> {
  const pnpm = await findPnpm();
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'payi-release-')));
  const registry = await startRegistry();
  const home = join(directory, '.home');
  const bin = join(directory, 'node_modules/.bin');
  const environment = {
    PATH: [dirname(process.execPath), pnpm, bin, process.env.PATH].join(':'),
    HOME: home,
    GIT_AUTHOR_NAME: 'Rehearsal',
    GIT_AUTHOR_EMAIL: 'rehearsal@example.invalid',
    GIT_COMMITTER_NAME: 'Rehearsal',
    GIT_COMMITTER_EMAIL: 'rehearsal@example.invalid',
    // Otherwise pnpm installs before it runs a script: new versions look as if something were missing, and
    // `node_modules` leads out of the copy.
    pnpm_config_verify_deps_before_run: 'false',
    ...(publisher === 'workflow' ? workflowEnvironment(registry) : {}),
  };
  const execute = (command: string, ...parameters: string[]): Promise<string> =>
    run(command, parameters, { cwd: directory, env: environment }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${[command, ...parameters].join(' ')} failed:\n${error.stdout}${error.stderr}`);
      },
    );

  await copyRepository(directory);
  await mkdir(home);
  await writeFile(join(directory, '.gitignore'), '.home\nnode_modules\ndist\n.npmrc\n');
  await writeFile(join(directory, '.npmrc'), npmSettings(registry, publisher));
  await execute('git', 'init', '--quiet', '--initial-branch', 'main');
  await execute('git', 'add', '--all');
  await execute('git', 'commit', '--quiet', '--message', 'As it lies on the disk');
  return {
    directory,
    registry,
    run: (script) => execute('pnpm', 'run', script),
    close: async () => {
      await registry.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function copyRepository(directory: string): Promise<void> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const exists = (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      () => false,
    );
  const files = stdout.split('\0').filter((name) => name !== '');
  await Promise.all(
    files.map(async (file) => {
      // What is deleted but not yet committed is known to git and not there.
      if (await exists(join(root, file)))
        await cp(join(root, file), join(directory, file), { recursive: true });
    }),
  );
  for (const { folder } of publishedPackages) {
    const built = join(root, 'packages', folder, 'dist');
    if (!(await exists(built))) {
      throw new Error(`packages/${folder} is not built: run the root script "build" first`);
    }
    await cp(built, join(directory, 'packages', folder, 'dist'), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
}

/**
 * The folder of a pnpm: of the one that is there, as where pnpm runs this, or of the one that the root package.json names.
 * `npx` cannot find that from a copy with another registry, and from a cache that is empty it needs the network.
 *
 * @param path - Where to look for commands.
 */
export async function findPnpm(path: string | undefined = process.env.PATH): Promise<string> {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    packageManager: string;
  };
  const options = { cwd: root, env: { ...process.env, PATH: path } };
  const there = await run('sh', ['-c', 'pnpm --version && command -v pnpm'], options).catch(() => undefined);
  const [version = '', file = ''] = there?.stdout.trim().split('\n') ?? [];
  if (packageManager.startsWith(`pnpm@${version.split('.')[0]}.`)) return dirname(file);
  const named = ['--yes', '--prefer-offline', `--package=${packageManager}`, '-c', 'command -v pnpm'];
  const { stdout } = await run('npx', named, options);
  return dirname(stdout.trim());
}

function npmSettings({ url }: RunningRegistry, publisher: Publisher): string {
  const token = `${url.slice('http:'.length)}:_authToken=of-the-rehearsal\n`;
  return `registry=${url}\n${publisher === 'token' ? token : ''}`;
}

/** As GitHub Actions and `.github/workflows/release.yml` set it, as far as publishing reads it. */
function workflowEnvironment({ url }: RunningRegistry): Record<string, string> {
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'payi/payi-typescript',
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_REPOSITORY_OWNER_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0'.repeat(40),
    GITHUB_WORKFLOW_REF: 'payi/payi-typescript/.github/workflows/release.yml@refs/heads/main',
    RUNNER_ENVIRONMENT: 'github-hosted',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}github/id-token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-rehearsal',
    NPM_CONFIG_PROVENANCE: 'true',
  };
}
