import {
  CallBlockedError,
  createHeaders,
  isLimitReached,
  type PayiPlugin,
  type Receipt,
  type Route,
  receiptOf,
} from '@payi/core';
import { describe, expect, it } from 'vitest';
import { type Provider, providers } from '../src/providers.ts';
import { sdkAge } from '../src/sdks.ts';
import { annotations, ask, errorOf, readAll, Stage } from '../src/stage.ts';
import { surfaces } from '../src/surfaces.ts';

const routes: Route[] = ['proxy', 'direct', 'headers'];

describe.each(surfaces)(`plugins, $name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);

  it.each(routes)('see each call once before it leaves, and its receipt, route %s', async (route) => {
    const seen: unknown[] = [];
    const ended: unknown[] = [];
    const plugin: PayiPlugin = {
      name: 'watch',
      async beforeCall(call) {
        await new Promise(setImmediate);
        seen.push(call, stage.provider.headers().length);
      },
      afterCall: (receipt, call) => ended.push([receipt.outcome, receipt.units, call, seen.length]),
      onReceipt: (receipt, call) => seen.push(receipt, call),
    };
    const asked = stage.provider.headers().length;
    if (surface.retries) stage.provider.failNext();
    await readAll(await ask(stage.connect(route, { plugins: [plugin] })));
    const receipt = await stage.onlyReceipt();
    const [call, askedThen, ...rest] = seen;
    expect(askedThen).toBe(asked);
    expect(call).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations,
    });
    const { body } = call as { body: unknown };
    const text = typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString();
    expect(JSON.parse(text)).toBeTypeOf('object');
    expect(rest).toEqual([receipt, call]);
    expect(rest[1]).toBe(call);
    expect(ended).toEqual([['complete', receipt.units, call, 2]]);
    expect(receipt).toMatchObject({ attempts: surface.retries ? 2 : 1, outcome: 'complete' });
  });

  it.each(routes)('may refuse a call: nothing is sent, route %s', async (route) => {
    const asked = stage.provider.headers().length;
    const refuse = async (): Promise<void> => {
      throw new CallBlockedError('the budget of u-42 is used up', ['day:u-42']);
    };
    const connection = stage.connect(route, { plugins: [{ name: 'budget', beforeCall: refuse }] });
    const error = await errorOf(ask(connection));
    expect(isLimitReached(error)).toBe(true);
    expect(stage.provider.headers()).toHaveLength(asked);
    expect(await stage.onlyReceipt()).toMatchObject({
      outcome: 'blocked',
      attempts: 0,
      units: {},
      blockedLimitIds: ['day:u-42'],
      properties: { 'system.failure': 'limit_reached' },
    });
    expect(receiptOf(error)?.outcome).toBe('blocked');
  });

  it('are all asked, also if one refuses at once', async () => {
    const asked: string[] = [];
    const refuse = (): void => {
      asked.push('budget');
      throw new CallBlockedError('the budget of u-42 is used up', ['day:u-42']);
    };
    const plugins = [
      { name: 'budget', beforeCall: refuse },
      { name: 'watch', beforeCall: () => void asked.push('watch') },
    ];
    expect(isLimitReached(await errorOf(ask(stage.connect('headers', { plugins }))))).toBe(true);
    expect(asked).toEqual(['budget', 'watch']);
    expect(await stage.onlyReceipt()).toMatchObject({ outcome: 'blocked', attempts: 0 });
  });

  it('cannot fail, delay or end a call by a fault of theirs', async () => {
    const plugins: PayiPlugin[] = [
      {
        name: 'throws',
        beforeCall() {
          throw new Error('no');
        },
      },
      { name: 'rejects', beforeCall: () => Promise.reject(new Error('no')) },
      { name: 'hangs', beforeCall: () => new Promise(() => {}), timeoutMs: 20 },
      {
        name: 'throws afterwards',
        onReceipt() {
          throw new Error('no');
        },
      },
    ];
    const receipts: Receipt[] = [];
    plugins.push({ name: 'last', onReceipt: (receipt) => receipts.push(receipt) });
    await readAll(await ask(stage.connect('headers', { plugins })));
    const receipt = await stage.onlyReceipt();
    expect(receipt).toMatchObject({ outcome: 'complete', attempts: 1 });
    expect(receipts).toEqual([receipt]);
    expect(stage.diagnostics.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
      expect.stringContaining(`CALLBACK_FAILED a callback failed during ${surface.operation}`),
      expect.stringContaining('CALLBACK_FAILED plugin hangs took longer than 20 ms'),
      expect.stringContaining('CALLBACK_FAILED plugin rejects failed'),
      expect.stringContaining('CALLBACK_FAILED plugin throws failed'),
    ]);
  });

  it.each(routes)(
    'calls without a required annotation are told once, or refused, route %s',
    async (route) => {
      const require = ['useCaseName', 'accountName'] as const;
      const reporting = stage.connect(route, { require });
      for (let call = 0; call < 3; call += 1) {
        await readAll(await ask(reporting, 'plain', createHeaders({ useCaseName: 'chat' })));
      }
      const told = stage.diagnostics.filter(({ code }) => code === 'UNATTRIBUTED');
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toContain('no accountName');
      const asked = stage.provider.headers().length;
      const refusing = stage.connect(route, { require, onMissing: 'refuse' });
      const error = await errorOf(ask(refusing, 'plain', createHeaders({ useCaseName: 'chat' })));
      expect((error as Error).message).toContain('accountName is missing');
      expect(stage.provider.headers()).toHaveLength(asked);
      await readAll(await ask(refusing));
      expect(stage.provider.headers()).toHaveLength(asked + 1);
    },
  );
});
