import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as anthropic from '@payi/anthropic';
import * as bedrock from '@payi/bedrock';
import { createPayi, type Receipt } from '@payi/core';
import * as google from '@payi/google';
import * as openai from '@payi/openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billedOperations } from '../../../packages/bedrock/src/operations.ts';
import * as formats from '../../../packages/core/src/usage/formats.ts';
import { operations as googleOperations } from '../../../packages/google/src/operations.ts';
import { operations as openaiOperations } from '../../../packages/openai/src/operations.ts';
import { type PriceCells, type PriceRow, priceRows } from '../src/price-cells.ts';
import { type ScriptedProvider, startScriptedProvider } from '../src/scripted-provider.ts';
import { handlersOfTree, loadSdks } from '../src/sdks.ts';

const sdks = await loadSdks();
let provider: ScriptedProvider;
/** The one operation of Bedrock that needs HTTP/2. */
let duplex: Http2Server;
let spoken: readonly (string | Uint8Array)[] = [];

beforeAll(async () => {
  provider = await startScriptedProvider('application/json');
  duplex = createServer().on('stream', (answer) => {
    answer.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' });
    answer.on('data', () => {});
    answer.on('end', () => {
      for (const frame of spoken) answer.write(frame);
      answer.end();
    });
  });
  await new Promise<void>((resolve) => duplex.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await provider.close();
  await new Promise((resolve) => duplex.close(resolve));
});

/** Sends the request of a row with the adapter of its provider, and reads the answer to its end. */
async function call(row: PriceRow): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  const payi = createPayi({ route: 'headers', onReceipt: (receipt) => receipts.push(receipt) });
  const { body = '', events, headers, contentType, path, request = {} } = row;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = contentType ?? (events === undefined ? 'application/json' : 'text/event-stream');
  if (row.operation !== 'InvokeModelWithBidirectionalStream') {
    provider.answerNext({
      headers: { 'content-type': type, ...headers },
      events: events ?? [text],
      ending: 'end',
    });
  }
  if (row.provider === 'bedrock') {
    await callBedrock(row, payi);
    return receipts;
  }
  const adapters = { openai, anthropic, google };
  const { fetch } = adapters[row.provider].payiClientOptions({ payi });
  const response = await fetch(
    `${provider.url}${path}${events && row.provider === 'google' ? '?alt=sse' : ''}`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    },
  );
  await response.text();
  return receipts;
}

async function callBedrock(row: PriceRow, payi: ReturnType<typeof createPayi>): Promise<void> {
  const isDuplex = row.operation === 'InvokeModelWithBidirectionalStream';
  if (isDuplex) spoken = row.events ?? [];
  const client = new sdks.bedrock.BedrockRuntimeClient({
    endpoint: isDuplex ? `http://127.0.0.1:${(duplex.address() as AddressInfo).port}` : provider.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    ...(!isDuplex && { requestHandler: new handlersOfTree.NodeHttpHandler() }),
  });
  bedrock.registerBedrockClientCallbacks(client, billedOperations as bedrock.BedrockOperation[], { payi });
  async function* speech(): AsyncGenerator<object> {
    yield { chunk: { bytes: Buffer.from('{}') } };
  }
  const commands = sdks.bedrock as unknown as Record<string, new (input: object) => never>;
  const Command = commands[`${row.operation}Command`] as new (input: object) => never;
  const answer: object = await client.send(
    new Command({ ...row.request, ...(isDuplex && { body: speech() }) }),
  );
  const { stream, body } = answer as { readonly stream?: unknown; readonly body?: unknown };
  if (row.events !== undefined) for await (const _ of (stream ?? body) as AsyncIterable<unknown>);
  client.destroy();
}

/** What a receipt says about the price, by the names of the readers' tables. */
function cellsOf({ units, billable, providerCost, properties, warnings, ...receipt }: Receipt): PriceCells {
  const cells: Record<string, number | string | readonly string[]> = {};
  for (const [unit, counts] of Object.entries(units)) {
    for (const [direction, count] of Object.entries(counts)) cells[`${unit}.${direction}`] = count;
  }
  for (const [name, amount] of Object.entries(billable ?? {})) cells[`billable.${name}`] = amount;
  if (providerCost?.total !== undefined) cells.providerCost = providerCost.total;
  for (const name of ['serviceTier', 'scope', 'routedTo'] as const) {
    if (receipt[name] !== undefined) cells[name] = receipt[name];
  }
  for (const [name, value] of Object.entries(properties)) if (isOfPrice(name)) cells[name] = value;
  if (warnings.length > 0) cells.warnings = warnings;
  return cells;
}

/** Whether an entry of a format is what a price may depend on. */
const isOfPrice = (name: string): boolean =>
  /\.(?:input|output)$|^billable\.|^system\.(?:speed|size|quality)$|^(?:serviceTier|scope|routedTo|providerCost)$/.test(
    name,
  );

/** The entries of a format, at every level. `text/audio.input` is `audio.input`. */
function dimensionsOf(format: object): string[] {
  return Object.entries(format).flatMap(([key, source]) =>
    typeof source === 'object' ? dimensionsOf(source) : [key.replace(/^\w+\//, '')].filter(isOfPrice),
  );
}

const titleOf = ({ provider: of, operation, of: which, source }: PriceRow): string =>
  `${of} ${operation}${which === undefined ? '' : `, ${which}`}, by ${source}`;

describe('the price of', () => {
  it.each(priceRows.map((row) => [titleOf(row), row] as const))('%s', async (_, row) => {
    const [own, ...others] = (await call(row)).map(cellsOf);
    expect(own).toEqual(row.cells === undefined ? undefined : { ...unusedOf(own), ...row.cells });
    expect(others).toEqual(row.others ?? []);
  });
});

/** `text` is in the units of every answer with counts. */
const unusedOf = (cells: PriceCells | undefined): PriceCells =>
  Object.fromEntries(
    Object.entries(cells ?? {}).filter(([name, count]) => /^text\./.test(name) && count === 0),
  );

describe('the table of prices has a row', () => {
  const registered: Readonly<Record<PriceRow['provider'], readonly string[]>> = {
    openai: [...openaiOperations.keys()],
    anthropic: ['messages'],
    google: [...googleOperations.keys()],
    bedrock: billedOperations,
  };

  it.each(Object.entries(registered))('for every operation of %s', (of, names) => {
    const priced = priceRows.filter((row) => row.provider === of && row.cells !== undefined);
    expect([...new Set(priced.map(({ operation }) => operation))].sort()).toEqual([...names].sort());
  });

  const tables = Object.entries(formats).filter(([, format]) => typeof format === 'object');

  it.each(tables)('for all that the readers find by %s', (name, format) => {
    const covering = priceRows.filter((row) => (row.formats as readonly string[]).includes(name));
    const covered = new Set(covering.flatMap(({ cells = {} }) => Object.keys(cells)));
    expect(dimensionsOf(format).filter((dimension) => !covered.has(dimension))).toEqual([]);
    expect(covering.length).toBeGreaterThan(0);
  });
});
