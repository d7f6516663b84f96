// Runs the compiler over every package and its tests, as many at a time as there are processors.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const compiler = 'node_modules/typescript-7/bin/tsc';
const projects = globSync(['*/*/tsconfig*.json', 'docs/tsconfig.json'], { cwd: root }).sort();

async function check(): Promise<void> {
  for (let project = projects.pop(); project !== undefined; project = projects.pop()) {
    const child = spawn(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' });
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
    if (code !== 0) process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, check));
