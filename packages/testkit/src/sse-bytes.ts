import { isJsonObject } from './json.ts';
import type { SseEvent } from './provider-answer.ts';

/**
 * Encodes events of an event stream.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function sseBytes(lineEnd: '\n' | '\r\n' = '\n'): (event: SseEvent) => Uint8Array {
  return (event) => {
    if ('bytes' in event) return Buffer.from(event.bytes);
    const { data } = event;
    const name = event.event ?? (isJsonObject(data) && typeof data.type === 'string' ? data.type : undefined);
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    const lines = text.split('\n').map((line) => `data: ${line}`);
    if (name !== undefined) lines.unshift(`event: ${name}`);
    return Buffer.from([...lines, '', ''].join(lineEnd));
  };
}
