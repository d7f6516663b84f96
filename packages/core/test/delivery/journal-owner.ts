/**
 * A thread or process that has a journal, for journal-owners.slow.test.ts:
 *
 *     node journal-owner.ts <folder>
 *
 * Prints as JSON what it finds in the folder. Then keeps an event for each line of its input, and prints the line.
 */
import { createInterface } from 'node:readline';
import { openJournal } from '../../src/journal/open-journal.ts';

const store = openJournal(process.argv[2] ?? '');
const found: unknown[] = [];
const report = (message: string): void => console.error(message);
for (let step = store.recover(report); step !== undefined; step = store.recover(report)) {
  found.push(...step.map(({ json }) => JSON.parse(json)));
}
console.log(JSON.stringify(found));
for await (const id of createInterface(process.stdin)) {
  const json = JSON.stringify({ category: 'c', units: {}, provider_response_id: id });
  store.append([{ id, acceptedAt: 1, json }]);
  console.log(id);
}
