#!/usr/bin/env node
import { diagnose } from './diagnose.ts';
import { formatReport } from './format-report.ts';
import { maskReport, secretsOf } from './mask.ts';
import { parseCommandLine, UsageError, usage } from './options.ts';
import { version } from './version.ts';

const { stdout, stderr } = process;

/** @returns The exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { options, json, show } = parseCommandLine(args);
  if (show !== 'report') {
    stdout.write(show === 'help' ? usage : `${version}\n`);
    return 0;
  }
  const report = await diagnose(options);
  // `hasColors()` heeds NO_COLOR and FORCE_COLOR.
  const isColored = stdout.isTTY === true && stdout.hasColors();
  stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report, isColored));
  return report.healthy ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError;
  const text = isUsage ? `${error.message}\n\n${usage}` : `${(error as Error | undefined)?.stack ?? error}\n`;
  stderr.write(maskReport(`payi-doctor: ${text}`, secretsOf(process.env)));
  process.exitCode = isUsage ? 2 : 1;
}
