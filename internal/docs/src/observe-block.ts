/**
 * Loaded before a block, and again in each of its workers. Reports to the test which functions of the block and its page
 * ran, and at which port it listens.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

/** A function of a file, and whether it ran. */
export interface FunctionCoverage {
  readonly url: string;
  readonly name: string;
  /** In the file, counted in UTF-16 units. */
  readonly offset: number;
  readonly ran: boolean;
}

const { BLOCK_REPORTS: reports = '', BLOCK_FILES: files = '' } = process.env;

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: false });

process.on('exit', () => {
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error) throw error;
    const functions = coverage.result
      .filter(({ url }) => url.startsWith(files) && !url.includes('/node_modules/'))
      .flatMap(({ url, functions }) =>
        functions.map(
          ({ functionName, ranges: [whole] }): FunctionCoverage => ({
            url,
            name: functionName,
            offset: whole?.startOffset ?? 0,
            ran: whole !== undefined && whole.count > 0,
          }),
        ),
      );
    writeFileSync(join(reports, `${process.pid}-${threadId}.json`), JSON.stringify(functions));
  });
});

if (isMainThread) {
  // Whoever sends requests to a server has to know its port, which the system chose.
  subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const address = (message as { server: Server }).server.address();
    if (address !== null && typeof address === 'object') process.send?.({ port: address.port });
  });
  // Without listeners a signal ends the process, but without the event above.
  process.on('SIGTERM', () => {
    if (process.listenerCount('SIGTERM') === 1) process.exit();
  });
  process.channel?.unref();
}
