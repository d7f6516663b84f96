/**
 * Events on disk, for route `direct` in Node.js: a journal that survives the process, and a file to write them to instead
 * of sending them.
 *
 * @module
 */
export { ndjsonFile } from './journal/ndjson-file.ts';
export { type JournalOptions, openJournal } from './journal/open-journal.ts';
