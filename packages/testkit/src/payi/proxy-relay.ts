import type { IncomingMessage } from 'node:http';
import { pairHeaders } from '../header-list.ts';
import type { ServerResponse } from '../listen.ts';
import { endToEndHeaders } from './proxy-headers.ts';
import type { StreamTap } from './stream-tap.ts';

/** Begins the client's answer with the provider's status and headers; those of the connection stay behind. */
export function relayHead(source: IncomingMessage, response: ServerResponse): void {
  response.statusCode = source.statusCode ?? 502;
  const values = new Map<string, string[]>();
  for (const [name, value] of endToEndHeaders(pairHeaders(source.rawHeaders))) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const [name, list] of values) response.setHeader(name, list.length === 1 ? (list[0] as string) : list);
}

/**
 * Passes a body on as it comes, through the tap if there is one, at the pace at which the client takes it. When the
 * provider breaks off, so does the answer, after all that had come.
 *
 * @param onEnd - Called before the answer is ended, so that what it records is there when the client has its answer.
 */
export async function relayBody(
  source: IncomingMessage,
  response: ServerResponse,
  tap: StreamTap | undefined,
  onEnd: (isComplete: boolean) => void,
): Promise<void> {
  const write = (chunks: readonly Uint8Array[]): boolean =>
    chunks.reduce((isReady, chunk) => response.write(chunk) && isReady, true);

  source.on('data', (chunk: Buffer) => {
    if (!write(tap ? tap.push(chunk) : [chunk])) source.pause();
  });
  const resume = (): unknown => source.resume();
  response.on('drain', resume);
  await new Promise<void>((resolve) => {
    source.on('error', () => {}); // 'close' follows, with `complete` telling the same.
    source.once('end', resolve);
    source.once('close', resolve);
  });
  response.off('drain', resume);

  const rest = tap?.end(source.complete) ?? [];
  onEnd(source.complete);
  write(rest);
  if (source.complete) response.end();
  // Lets what was written leave first: destroying a response at once would throw it away.
  else if (!response.destroyed) setImmediate(() => response.destroy());
}

/** Reads a message to its end. @throws When the sender breaks off before. */
export async function readBody(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
