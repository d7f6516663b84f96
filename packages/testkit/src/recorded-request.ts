import type { HeaderList } from './header-list.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';

/** A request as a local provider received it, and the progress of its answer. */
export interface RecordedRequest extends Omit<RawRequest, 'headers'> {
  /** `1.1` or `2.0`. */
  httpVersion: string;
  /** The headers by lower-case name, repeats joined with `, `. Over HTTP/2 with pseudo-headers, e.g. `:authority`. */
  headers: Readonly<Record<string, string>>;
  /** The headers in the order and case in which they were received. */
  rawHeaders: HeaderList;
  /** When the request began to arrive. */
  receivedAt: Date;
  /** The id that the answer's headers carry, if the provider sends one. */
  requestId: string;
  /** The status of the answer. Absent until it is decided. */
  status?: number;
  /**
   * `complete` when the whole answer was handed to the network; `aborted` when the caller disconnected before that or
   * a scripted fault broke the connection.
   */
  answered: 'pending' | 'complete' | 'aborted';
  /** The number of events of a stream written so far. */
  eventsWritten: number;
}
