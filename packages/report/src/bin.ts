#!/usr/bin/env node
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { callOfLine, isJournalLine, scoreOfLine } from './call.ts';
import { csvOf, textOf } from './csv.ts';
import { focusLines } from './focus.ts';
import { linesOf } from './lines.ts';
import { type CommandLine, parseCommandLine, UsageError, usage } from './options.ts';
import { renderPage } from './page.ts';
import { type SendResult, sendFile } from './send.ts';
import { Groups, Tally } from './tally.ts';

const { stdout, stderr, env } = process;
const dayMs = 86_400_000;
const { version, dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string; dependencies: Record<string, string> };

/** @returns The exit code. */
async function main(args: readonly string[]): Promise<number> {
  const command = parseCommandLine(args);
  if (command.show !== 'report') {
    stdout.write(command.show === 'help' ? usage : `${version}\n`);
    return 0;
  }
  await report(command);
  return command.send ? send(command.files) : 0;
}

async function report({ files, by, html, csv, focus }: CommandLine): Promise<void> {
  const groups = new Groups(by);
  // A browser has to hold the one; the other is written line by line.
  const page = html === undefined ? undefined : new Tally(dayMs, 10_000);
  const charges = focus === undefined ? undefined : new Tally(dayMs, 300_000);
  const seen = new Set<string>();
  let [lines, others] = [0, 0];
  for (const file of files) {
    for await (const line of linesOf(file)) {
      lines += 1;
      if (lines % 50_000 === 0) progress(`${lines.toLocaleString('en-US')} lines`);
      const call = callOfLine(line);
      const isJournal = isJournalLine(line);
      if (call !== undefined) {
        if (isJournal && seen.has(call.id)) continue;
        if (isJournal) seen.add(call.id);
        for (const sums of [groups, page, charges]) sums?.add(call);
      }
      // Most lines of a journal are not events.
      else if (line !== '' && !isJournal && scoreOfLine(line) === undefined) others += 1;
    }
  }
  progress('');
  const { total } = groups;
  const list = `@pydantic/genai-prices ${dependencies['@pydantic/genai-prices']}`;
  const note = `Costs are estimates by the price list ${list}; ${total.unpriced} of ${total.calls} calls have no known price.`;
  stdout.write(
    `${textOf(groups.all, by, 40)}\n${total.calls} calls, ${total.cost.toFixed(4)} USD. ${note}\n`,
  );
  if (others > 0) stderr.write(`${others} lines are not events and were left out\n`);
  if (page?.isCut || charges?.isCut) {
    stderr.write(
      'there are very many users: in the page or the FOCUS file, those that came last are (others)\n',
    );
  }
  if (csv !== undefined) writeFileSync(csv, csvOf(groups.all, by));
  if (html !== undefined && page !== undefined) {
    writeFileSync(
      html,
      renderPage({ title: 'What GenAI calls cost', note, periodMs: dayMs, cells: page.cells }),
    );
  }
  if (focus !== undefined && charges !== undefined) {
    const file = createWriteStream(focus);
    for (const line of focusLines(charges.cells)) if (!file.write(line)) await once(file, 'drain');
    file.end();
    await once(file, 'close');
  }
}

async function send(files: readonly string[]): Promise<number> {
  const apiKey = env.ASCERTA_API_KEY || env.PAYI_API_KEY;
  const baseUrl = env.ASCERTA_BASE_URL || env.PAYI_BASE_URL;
  if (!apiKey || !baseUrl)
    throw new UsageError('--send needs PAYI_API_KEY and PAYI_BASE_URL in the environment');
  let code = 0;
  for (const file of files) {
    const onProgress = (lines: number): void => progress(`${lines.toLocaleString('en-US')} lines sent`);
    const { sent, refused }: SendResult = await sendFile(file, { apiKey, baseUrl }, onProgress);
    progress('');
    stdout.write(`${file}: ${sent} events sent\n`);
    for (const [reason, count] of refused) {
      stderr.write(`${file}: Pay-i refused ${count} events: ${reason}\n`);
      code = 1;
    }
  }
  return code;
}

function progress(text: string): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[2K${text}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  stderr.write(`payi-report: ${(error as Error).message}\n`);
  if (error instanceof UsageError) stderr.write(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
