import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pages.ts';

const workflow = readFileSync(join(root, '.github/workflows/ci.yml'), 'utf8');

/** Ends of commands for a clone of the repository that CI does not run, each with the reason. */
const notInCi: Readonly<Record<string, string>> = {
  ' --live': 'needs accounts with Pay-i and the provider',
};

/** Whether a command is for a clone of the repository rather than for a project of a user's. */
export function isForClone(command: string): boolean {
  return /^(npm (start|test|run)|(npx --yes )?pnpm[@ ]|node bench\/|git clone )/.test(command);
}

/**
 * Whether CI runs a command that is for a clone: as a step on a fresh clone, as a script of the root, or as the start of
 * an example.
 */
export function isRunByCi(command: string): boolean {
  if (Object.keys(notInCi).some((end) => command.endsWith(end))) return true;
  const [, filter, script = ''] =
    /^(?:npx --yes )?pnpm(?:@[\d.]+)?(?: --silent)?(?: --filter (\S+))?(?: run)? ([\w:-]+)$/.exec(command) ??
    [];
  if (filter !== undefined)
    return script === 'start' && exampleNames().includes(filter) && isTask('examples');
  if (script !== '') return isTask(script);
  return listOf('command').includes(command);
}

function isTask(script: string): boolean {
  return new RegExp(`^ +- ${script}$`, 'm').test(workflow);
}

/** A list in square brackets of the workflow. */
function listOf(key: string): string[] {
  const [, list = ''] = new RegExp(`^ +${key}: \\[(.*)\\]$`, 'm').exec(workflow) ?? [];
  return list.split(', ');
}

/** The names of the examples, and what stands for any of them. */
function exampleNames(): string[] {
  const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const names = folders.map(({ name }) => {
    const manifest = readFileSync(join(root, 'examples', name, 'package.json'), 'utf8');
    return (JSON.parse(manifest) as { name: string }).name;
  });
  return [...names, '@payi-examples/<name>'];
}
