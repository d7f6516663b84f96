import type { SignatureVerdict } from './authenticate.ts';
import type { BedrockOperation } from './bedrock-operation.ts';
import type { HeaderList } from './header-list.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';

/** A request as the local Bedrock received it, and how answering it went. */
export interface BedrockRequest extends Omit<RawRequest, 'headers'> {
  /** `1.1` or `2.0`. */
  httpVersion: string;
  /** The headers by lower-case name, several of one name joined with `, `. Over HTTP/2 with `:authority` and the like. */
  headers: Readonly<Record<string, string>>;
  /** The headers in the order and case in which they were received. */
  rawHeaders: HeaderList;
  /** Absent when the path belongs to no operation. */
  operation?: BedrockOperation;
  /** Decoded from the path. */
  modelId?: string;
  signature: SignatureVerdict;
  /** When the first byte of the request was there. */
  receivedAt: Date;
  /** The `x-amzn-requestid` of the answer. */
  requestId: string;
  /** The status of the answer, once that is decided. */
  status?: number;
  /**
   * `complete` when everything the answer holds was handed to the network; `aborted` when the caller left before that
   * or a scripted fault broke the connection.
   */
  answered: 'pending' | 'complete' | 'aborted';
  /** How many frames of an event stream were written so far. */
  eventsWritten: number;
}
