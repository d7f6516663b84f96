import { describe, expect, it } from 'vitest';
import { Observation } from '../call/observation.ts';
import type { Receipt } from '../call/receipt.ts';
import { createPayi } from '../settings/create-payi.ts';
import { resolvePayi } from '../settings/resolved-payi.ts';
import type { WebResponse, WebStream } from '../web.ts';
import { type EventReader, observeEvents } from './observe-events.ts';

/** `{"count": 3}` counts, `{"text": …}` is content, `{"hidden": …}` is not for the caller, `end` ends. */
const reader: EventReader = {
  relevant: /count|hidden|end/,
  read(data) {
    if (data === 'end') return { isLast: true };
    const { count, text, hidden } = data as { count?: number; text?: string; hidden?: boolean };
    return {
      ...(count !== undefined && { units: { text: { output: count } } }),
      ...(text !== undefined && { hasContent: true }),
      ...(hidden === true && { isHidden: true }),
    };
  },
};

function open(chunks: readonly string[], mayHide: boolean): { observed: Response; receipts: Receipt[] } {
  const receipts: Receipt[] = [];
  const payi = resolvePayi(createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) }));
  const call = { category: 'system.openai', operation: 'chat', resource: 'm', annotations: {} };
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  const response = new Response(source, { headers: { 'content-type': 'text/event-stream' } });
  const observed = observeEvents(
    response as unknown as WebResponse,
    response.body as unknown as WebStream,
    { ...reader, mayHide },
    new Observation(call, payi),
    'close',
    undefined,
  );
  return { observed: observed as unknown as Response, receipts };
}

async function chunksOf(response: Response): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(new TextDecoder().decode(chunk));
  }
  return chunks;
}

const events = [
  'data: {"text":"a"}\n\n',
  'data: {"hidden":true,"count":2}\n\n',
  'data: {"count":3}\n\n',
  'data: end\n\n',
];

describe('observeEvents()', () => {
  it('passes chunks on as they come', async () => {
    const chunks = [...events.join('').matchAll(/.{1,7}/gs)].map(([chunk]) => chunk);
    const { observed, receipts } = open(chunks, false);
    expect(await chunksOf(observed)).toEqual(chunks);
    expect(receipts).toMatchObject([{ outcome: 'complete', units: { text: { output: 3 } } }]);
  });

  it('takes out what is hidden and nothing else, wherever it is cut', async () => {
    const shown = [events[0], events[2], events[3]].join('');
    for (let size = 1; size < 90; size += 1) {
      const text = events.join('');
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      );
      const { observed, receipts } = open(chunks, true);
      expect((await chunksOf(observed)).join('')).toBe(shown);
      expect(receipts).toMatchObject([{ outcome: 'complete', units: { text: { output: 3 } } }]);
    }
  });

  it('gives what its sender did not end', async () => {
    const { observed, receipts } = open([`${events[0]}data: {"count":9}`], true);
    expect((await chunksOf(observed)).join('')).toBe(`${events[0]}data: {"count":9}`);
    expect(receipts).toMatchObject([{ outcome: 'partial', units: { text: { output: 9 } } }]);
  });

  it('reads through the queue of the stream as well', async () => {
    for (const mayHide of [false, true]) {
      const { observed, receipts } = open(events, mayHide);
      const copy = new Response(observed.body?.pipeThrough(new TransformStream()));
      expect((await copy.text()).includes('hidden')).toBe(!mayHide);
      expect(receipts).toMatchObject([{ outcome: 'complete' }]);
    }
  });
});
