#!/usr/bin/env node
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { disagreementHeading, disagreementRow, entryOfCall, Join, logOfLine } from './against.ts';
import { callOfLine, isJournalLine, type ReportedCall, scoreOfLine } from './call.ts';
import { alignedLines, csvLine, csvOf, textOf } from './csv.ts';
import { focusLines } from './focus.ts';
import { linesOf } from './lines.ts';
import { type CommandLine, parseCommandLine, UsageError, usage } from './options.ts';
import { renderPage } from './page.ts';
import { type SendResult, sendFile } from './send.ts';
import { Groups, Tally } from './tally.ts';

const { stdout, stderr, env } = process;
const dayMs = 86_400_000;
const mostRows = 40;
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
  if (command.against !== undefined) return compare(command, command.against);
  await report(command);
  return command.send ? send(command.files) : 0;
}

/** The calls in files of events. In a journal, each once. */
async function* callsOf(files: readonly string[]): AsyncGenerator<ReportedCall, void, undefined> {
  const seen = new Set<string>();
  let others = 0;
  for await (const line of watchedLines(files)) {
    const call = callOfLine(line);
    const isJournal = isJournalLine(line);
    if (call !== undefined) {
      if (isJournal && seen.has(call.id)) continue;
      if (isJournal) seen.add(call.id);
      yield call;
    }
    // Most lines of a journal are not events.
    else if (line !== '' && !isJournal && scoreOfLine(line) === undefined) others += 1;
  }
  if (others > 0) stderr.write(`${others} lines are not events and were left out\n`);
}

async function* watchedLines(files: readonly string[]): AsyncGenerator<string, void, undefined> {
  let lines = 0;
  for (const file of files) {
    for await (const line of linesOf(file)) {
      lines += 1;
      if (lines % 50_000 === 0) progress(`${lines.toLocaleString('en-US')} lines`);
      yield line;
    }
  }
  progress('');
}

async function report({ files, by, html, csv, focus }: CommandLine): Promise<void> {
  const groups = new Groups(by);
  // A browser has to hold the one; the other is written line by line.
  const page = html === undefined ? undefined : new Tally(dayMs, 10_000);
  const charges = focus === undefined ? undefined : new Tally(dayMs, 300_000);
  for await (const call of callsOf(files)) for (const sums of [groups, page, charges]) sums?.add(call);
  const { total } = groups;
  const list = `@pydantic/genai-prices ${dependencies['@pydantic/genai-prices']}`;
  const note = `Costs are estimates by the price list ${list}; ${total.unpriced} of ${total.calls} calls have no known price.`;
  stdout.write(
    `${textOf(groups.all, by, mostRows)}\n${total.calls} calls, ${total.cost.toFixed(4)} USD. ${note}\n`,
  );
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
  if (focus !== undefined && charges !== undefined) await writeLines(focus, focusLines(charges.cells));
}

async function writeLines(path: string, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const file = createWriteStream(path);
  for await (const line of lines) if (!file.write(line)) await once(file, 'drain');
  file.end();
  await once(file, 'close');
}

/** @returns The exit code. */
async function compare({ files, csv }: CommandLine, logs: string): Promise<number> {
  const join = new Join();
  try {
    return await compareIn(join, files, csv, logs);
  } finally {
    join.close();
  }
}

async function compareIn(
  join: Join,
  files: readonly string[],
  csv: string | undefined,
  logs: string,
): Promise<number> {
  let [withoutId, ofOthers, failed, otherLines] = [0, 0, 0, 0];
  for await (const call of callsOf(files)) {
    if (call.provider !== 'system.aws.bedrock') ofOthers += 1;
    else if (call.providerId === undefined) withoutId += 1;
    else join.add('events', call.providerId, entryOfCall(call));
  }
  for await (const line of watchedLines([logs])) {
    const log = logOfLine(line);
    if (log?.isFailed) failed += 1;
    else if (log !== undefined) join.add('logs', log.id, log.entry);
    else if (line !== '') otherLines += 1;
  }
  const shown: (string | number)[][] = [];
  const found = { events: 0, logs: 0, both: 0 };
  async function* rows(): AsyncGenerator<string> {
    yield csvLine(disagreementHeading);
    for await (const disagreement of join.disagreements()) {
      const row = disagreementRow(disagreement);
      found[row[1] as keyof typeof found] += 1;
      if (shown.length < mostRows) shown.push(row);
      yield csvLine(row);
    }
  }
  if (csv !== undefined) await writeLines(csv, rows());
  else for await (const _ of rows());
  const all = found.events + found.logs + found.both;
  if (all > 0) stdout.write(`${alignedLines([disagreementHeading, ...shown], 4).join('\n')}\n`);
  if (all > shown.length) stdout.write(`… and ${all - shown.length} more; --csv has all\n`);
  stdout.write(
    `${all > 0 ? '\n' : ''}${join.both} calls are in both, ${found.both} of them with different counts; ` +
      `${found.events} only in the events, ${found.logs} only in AWS's logs.\n`,
  );
  const leftOut = [
    [withoutId, 'calls got no answer, so they have no request id of AWS, and were left out'],
    [failed, 'calls that failed at AWS were left out'],
    [ofOthers, 'calls of other providers were left out'],
    [otherLines, 'lines are not of model invocation logs and were left out'],
  ] as const;
  for (const [count, text] of leftOut) if (count > 0) stderr.write(`${count} ${text}\n`);
  return all > 0 ? 3 : 0;
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
