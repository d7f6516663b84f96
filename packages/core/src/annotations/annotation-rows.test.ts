import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itemNameOf } from '../delivery/event-of-receipt.ts';
import { annotationRows } from './annotation-rows.ts';
import { headerNames } from './header-names.ts';

const source = fileURLToPath(new URL('..', import.meta.url));
const tsconfig = fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript-7/package.json')), 'bin/tsc');

/** What a new annotation takes: by file, a line of today and the line to add behind it. */
const additions: Readonly<Record<string, readonly [line: string, added: string]>> = {
  'annotations/annotations.ts': [
    '  readonly logPromptAndResponse?: boolean | null | undefined;',
    '  /** The cost center that pays for the call. */\n  readonly costCenter?: string | null | undefined;',
  ],
  'annotations/header-names.ts': [
    "  logPromptAndResponse: 'xProxy-Logging-Disable',",
    "  costCenter: 'xProxy-Cost-Center',",
  ],
  'annotations/annotation-rows.ts': [
    '  logPromptAndResponse: { as: trueOrFalse, itemName: null },',
    '  costCenter: { as: text(/^[a-z]+-[0-9]+$/, \'must be letters, "-" and digits\') },',
  ],
};

describe('annotationRows', () => {
  it('has a header and a lower-case name of its own in each row', () => {
    const names = annotationRows.map(({ headerName }) => headerName);
    const { apiKey: _, providerBaseUri: __, forward: ___, ...ofAnnotations } = headerNames;
    expect(names.toSorted()).toEqual(Object.values(ofAnnotations).toSorted());
    expect(annotationRows.map(({ lowerCaseName }) => lowerCaseName)).toEqual(
      names.map((name) => name.toLowerCase()),
    );
  });

  it('names no two annotations alike in an event', () => {
    const members = annotationRows.flatMap((row) => itemNameOf(row) ?? []);
    expect(new Set(members).size).toBe(members.length);
  });
});

describe('a new annotation', () => {
  let copy: string;
  const load = (file: string): Promise<typeof import('../index.ts')> =>
    import(/* @vite-ignore */ pathToFileURL(join(copy, 'src', file)).href);

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'payi-annotation-'));
    await cp(source, join(copy, 'src'), { recursive: true });
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    for (const [file, [line, added]] of Object.entries(additions)) {
      const path = join(copy, 'src', file);
      const text = await readFile(path, 'utf8');
      expect(text.split(line)).toHaveLength(2);
      await writeFile(path, text.replace(line, `${line}\n${added}`));
    }
  });
  afterAll(() => rm(copy, { recursive: true }));

  it('takes its type, the name of its header and a row: the compiler asks for no more', async () => {
    const config = {
      extends: tsconfig,
      files: ['src/index.ts', 'src/adapter.ts', 'src/calls.ts'],
      include: [],
    };
    await writeFile(join(copy, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', copy]).catch((error) => error);
    expect(stdout).toBe('');
  }, 120_000);

  it('is written, read, merged and refused', async () => {
    const core = await load('index.ts');
    const annotations = { costCenter: 'cc-7', userId: 'u-42' };
    const headers = { 'xProxy-User-ID': 'u-42', 'xProxy-Cost-Center': 'cc-7' };
    expect(core.createHeaders(annotations)).toEqual(headers);
    expect(core.parseHeaders({ 'XPROXY-COST-CENTER': 'cc-7', 'xproxy-user-id': 'u-42' })).toEqual(
      annotations,
    );
    expect(core.mergeAnnotations({ costCenter: 'cc-1' } as never, annotations)).toEqual(annotations);
    expect(() => core.createHeaders({ costCenter: 'cc' } as never)).toThrow(
      'costCenter must be letters, "-" and digits',
    );
    expect(() => core.createHeaders({ costCentre: 'cc-7' } as never)).toThrow('costCenter');
  });

  it('comes from a context, from defaults and from the headers of a call or its request', async () => {
    const { createPayi } = await load('index.ts');
    const { resolvePayi } = (await load('adapter.ts')) as unknown as typeof import('../adapter.ts');
    const calls = (await load('calls.ts')) as unknown as typeof import('../calls.ts');
    const { getContext, track } = (await load('context.ts')) as unknown as typeof import('../context.ts');
    const payi = resolvePayi(createPayi({ route: 'headers', defaults: { costCenter: 'cc-1' } as never }));
    const header = (value: string) => ({ 'xProxy-Cost-Center': value });
    expect(calls.annotateCall(payi, undefined).headers).toEqual(header('cc-1'));
    track({ costCenter: 'cc-2' } as never, () => {
      expect(getContext()).toEqual({ costCenter: 'cc-2' });
      expect(calls.annotateCall(payi, undefined).headers).toEqual(header('cc-2'));
      expect(calls.annotateCall(payi, header('cc-3')).headers).toEqual(header('cc-3'));
      const onRequest = new Headers(header('cc-4'));
      expect(calls.annotateHeaders(payi, onRequest)).toMatchObject({ annotations: { costCenter: 'cc-4' } });
    });
    expect(calls.isAnnotationHeader('xproxy-cost-center')).toBe(true);
  });

  it('is found in the place of headers', async () => {
    const { createPayi } = await load('index.ts');
    const { resolvePayi } = (await load('adapter.ts')) as unknown as typeof import('../adapter.ts');
    const calls = (await load('calls.ts')) as unknown as typeof import('../calls.ts');
    const messages: string[] = [];
    const onDiagnostic = ({ message }: { message: string }) => messages.push(message);
    const payi = resolvePayi(createPayi({ route: 'headers', onDiagnostic }));
    calls.reportMisplaced(payi, 'chat', new Headers({ costCenter: 'cc-7' }));
    expect(messages).toEqual([expect.stringContaining('costcenter')]);
  });

  it('is delivered: in the item of a batch, and as a header of a single event', async () => {
    const { eventOfReceipt } = (await load(
      'delivery/event-of-receipt.ts',
    )) as unknown as typeof import('../delivery/event-of-receipt.ts');
    const item = eventOfReceipt({
      category: 'system.openai',
      operation: 'chat',
      resource: 'gpt-4o',
      annotations: { costCenter: 'cc-7' } as never,
      outcome: 'complete',
      units: {},
      usageSource: 'body',
      attempts: 1,
      startedAt: '2026-01-02T03:04:05.678Z',
      endToEndMs: 1,
      properties: {},
      toolCalls: [],
      warnings: [],
    });
    expect(item).toMatchObject({ cost_center: 'cc-7' });

    const received: { url?: string | undefined; header: unknown; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ url: request.url, header: request.headers['xproxy-cost-center'], body });
      response.writeHead(request.url?.includes('bulk') ? 404 : 201).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { IngestClient } = (await load(
      'delivery/ingest-client.ts',
    )) as unknown as typeof import('../delivery/ingest-client.ts');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new IngestClient({ baseUrl, apiKey: () => 'key', timeoutMs: 10_000 });
    const event = { json: JSON.stringify(item), acceptedAt: 1, call: undefined, isResend: false, misses: 0 };
    expect(await client.send([event])).toMatchObject([{ kind: 'accepted' }]);
    server.close();
    const last = received.at(-1);
    expect(last).toMatchObject({ url: '/api/v1/ingest', header: 'cc-7' });
    expect(JSON.parse(last?.body ?? '')).not.toHaveProperty('cost_center');
  });
});
