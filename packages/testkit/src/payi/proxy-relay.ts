import type { IncomingMessage } from 'node:http';
import { pairHeaders } from '../header-list.ts';
import type { ServerResponse } from '../listen.ts';
import { endToEndHeaders } from './proxy-headers.ts';
import type { StreamTap } from './stream-tap.ts';

/** Begins the client's answer with the provider's status and headers, without hop-by-hop headers. */
export function relayHead(source: IncomingMessage, response: ServerResponse): void {
  response.statusCode = source.statusCode ?? 502;
  const values = new Map<string, string[]>();
  for (const [name, value] of endToEndHeaders(pairHeaders(source.rawHeaders))) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const [name, list] of values) response.setHeader(name, list.length === 1 ? (list[0] as string) : list);
}

/**
 * Passes a body on as it arrives, through the tap if there is a tap, no faster than the client consumes it. If the
 * provider breaks off, the answer breaks off too, after all that was received.
 *
 * @param onEnd - Called before the answer ends, so that its records exist when the client has the answer.
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
    source.on('error', () => {}); // 'close' follows, and `complete` is false then.
    source.once('end', resolve);
    source.once('close', resolve);
  });
  response.off('drain', resume);

  const rest = tap?.end(source.complete) ?? [];
  onEnd(source.complete);
  write(rest);
  if (source.complete) response.end();
  // Waits until the written bytes are sent: destroying a response at once would discard them.
  else if (!response.destroyed) setImmediate(() => response.destroy());
}

/** Reads a message to its end. @throws If the sender breaks off before the end. */
export async function readBody(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
