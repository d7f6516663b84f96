/**
 * A process that reports calls until it is killed, for journal.slow.test.ts:
 *
 *     node journal-sender.ts <base URL> <key> <folder> <prefix of ids> <number of events> [leave | stay]
 *
 * Writes the id of each event that its journal has accepted, one a line, and ends by itself when all are delivered; with
 * `leave`, without waiting for that; with `stay`, never.
 */
import { writeSync } from 'node:fs';
import { openJournal } from '../../src/journal/open-journal.ts';
import { createPayi } from '../../src/settings/create-payi.ts';
import { observeCall } from './observe-call.ts';

const [baseUrl = '', apiKey = '', directory = '', prefix = '', count = '0', ending] = process.argv.slice(2);
const journal = openJournal(directory, { maxFileBytes: 20_000 });
const payi = createPayi({
  route: 'direct',
  baseUrl,
  apiKey,
  onDiagnostic: () => {},
  delivery: {
    intervalMs: 2,
    minRetryMs: 1,
    maxRetryMs: 10,
    timeoutMs: 100,
    journal: {
      recover: (report) => journal.recover(report),
      append(events) {
        journal.append(events);
        writeSync(1, events.map(({ id }) => `${id}\n`).join(''));
      },
      sending: (ids) => journal.sending(ids),
      settled: (ids) => journal.settled(ids),
      close: () => journal.close(),
    },
  },
});
for (let index = 0; index < Number(count); index += 1) {
  observeCall(payi, `${prefix}-${index}`).settle('complete');
  if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
}
if (ending !== 'leave') await payi.close({ timeoutMs: 60_000 });
if (ending === 'stay') setInterval(() => {}, 1000);
