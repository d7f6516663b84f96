/**
 * A process that reports calls, for journal.slow.test.ts:
 *
 *     node journal-sender.ts <base URL> <key> <folder> <prefix of ids> <number of events> [leave | stay | score]
 *
 * Writes the id of each event in its journal, one per line, and ends when all are delivered. `leave`: it does not wait for
 * that. `stay`: it never ends. `score`: it adds the score of a KPI, and is killed when that is in the journal.
 */
import { writeSync } from 'node:fs';
import type { OpenDelivery } from '../../src/call/settled-call.ts';
import { acceptScore } from '../../src/delivery/accept-score.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { createPayi } from '../../src/settings/create-payi.ts';
import { resolvePayi } from '../../src/settings/resolved-payi.ts';
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
    timeoutMs: 5000,
    journal: {
      recover: (report) => journal.recover(report),
      overflow: (events) => journal.overflow(events),
      append(events) {
        journal.append(events);
        for (const { json } of events) {
          if (ending === 'score' && json.includes('"score":5')) process.kill(process.pid, 'SIGKILL');
          writeSync(1, `${JSON.parse(json).properties['system.provider_response_id']}\n`);
        }
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
if (ending === 'score') {
  const instance = { useCaseName: 'chat', useCaseId: 'c-1' };
  observeCall(payi, prefix, instance).settle('complete');
  acceptScore(resolvePayi(payi).delivery as OpenDelivery, { ...instance, kpi: 'stars', score: 5 });
}
if (ending !== 'leave') await payi.close({ timeoutMs: Infinity });
if (ending === 'stay') setInterval(() => {}, 1000);
