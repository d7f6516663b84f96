import { spawnSync } from 'node:child_process';

/**
 * Runs the script of this process again under flags of Node.js, unless it has them already, and exits with its status.
 * A script that calls this is always under its flags, however it was started.
 */
export function rerunWithFlags(flags: readonly string[]): void {
  if (flags.every((flag) => process.execArgv.includes(flag))) return;
  const { status } = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
