import { createHeaders, isLimitReached, isPayiError, type Route, receiptOf, whenSettled } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { type Provider, providers, units } from '../src/providers.ts';
import { sdkAge } from '../src/sdks.ts';
import {
  annotationHeaders,
  annotations,
  ask,
  errorOf,
  membersOf,
  readAll,
  Stage,
  xproxy,
} from '../src/stage.ts';
import { surfaces } from '../src/surfaces.ts';

describe.each(surfaces)(`$name, ${sdkAge} SDK`, (surface) => {
  const stage = new Stage<Provider>(surface, providers[surface.provider]);

  it('is plain frozen data without content', async () => {
    const headers = createHeaders({ userId: 'u-42' });
    const receipt = await whenSettled(await readAll(await ask(stage.connect('proxy'), 'plain', headers)));
    expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
    // The ids are random, and may hold a word by chance.
    const ids = { requestId: undefined, providerResponseId: undefined };
    expect(JSON.stringify({ ...receipt, ...ids })).not.toMatch(/Hi there|hello/);
    for (const part of [receipt, receipt.units, receipt.units.text, receipt.warnings, receipt.annotations]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(new Date(receipt.startedAt).toISOString()).toBe(receipt.startedAt);
  });

  it('a call beyond its limit is known as such by its error, and has a receipt', async () => {
    const connection = stage.connect('proxy');
    const headers = createHeaders({ ...annotations, limitIds: ['small'] });
    expect(await whenSettled(await readAll(await ask(connection, 'plain', headers)))).toMatchObject({
      limits: { small: 'overrun' },
    });
    stage.receipts = [];
    const asked = stage.provider.headers().length;
    const error = await errorOf(ask(connection, 'plain', headers));
    expect(isLimitReached(error)).toBe(true);
    expect(isPayiError(error)).toBe(false);
    expect(stage.provider.headers()).toHaveLength(asked);
    const receipt = await stage.onlyReceipt();
    expect(receipt).toMatchObject({
      category: surface.category,
      operation: surface.operation,
      resource: surface.resource,
      annotations: { ...annotations, limitIds: ['small'] },
      outcome: 'blocked',
      units: {},
      usageSource: 'none',
      blockedLimitIds: ['small'],
      limits: { small: 'blocked' },
      httpStatus: 400,
      attempts: 1,
    });
    expect(Object.keys(receipt).sort()).toEqual(membersOf('blocked', { ...surface, isStream: false }));
    expect(receiptOf(error)).toBe(receipt);
    expect(receipt.requestId).toBe(stage.backend.ledger.at(-1)?.requestId);
  });

  it.runIf(surface.retries).each<Route>(['proxy', 'direct', 'headers'])(
    'is one call, of two attempts, when the provider is busy once, route %s',
    async (route) => {
      stage.provider.failNext();
      const receipt = await whenSettled(await readAll(await ask(stage.connect(route))));
      expect(receipt).toMatchObject({ outcome: 'complete', units, attempts: 2, httpStatus: 200 });
      expect(xproxy(stage.provider.headers().at(-1))).toEqual(route === 'headers' ? annotationHeaders : {});
      expect(await stage.onlyReceipt()).toBe(receipt);
    },
  );

  it.each<Route>(['proxy', 'direct', 'headers'])(
    'is failed when the provider refuses, route %s',
    async (route) => {
      const error = await errorOf(ask(stage.connect(route), 'refused'));
      expect(isLimitReached(error)).toBe(false);
      const receipt = await stage.onlyReceipt();
      expect(receipt).toMatchObject({
        outcome: 'failed',
        annotations,
        units: {},
        usageSource: 'none',
        httpStatus: 400,
        attempts: 1,
      });
      if (route === 'proxy')
        expect(Object.keys(receipt).sort()).toEqual(membersOf('failed', { ...surface, isStream: false }));
      // `logPromptAndResponse: false` keeps the provider's words out of it.
      expect(Object.keys(receipt.properties)).toEqual(['system.failure']);
      expect(receiptOf(error)).toBe(receipt);
    },
  );

  it.skipIf(surface.isStream)('is failed when its caller aborts before the answer', async () => {
    const leave = new AbortController();
    const before = stage.backend.requests.length;
    const call = errorOf(ask(stage.connect('proxy'), 'slow', undefined, leave.signal));
    await expect.poll(() => stage.backend.requests.length).toBe(before + 1);
    leave.abort();
    await call;
    const receipt = await stage.onlyReceipt();
    expect(receipt).toMatchObject({ outcome: 'failed', units: {}, usageSource: 'none', attempts: 1 });
    expect(Object.keys(receipt).sort()).toEqual(
      membersOf('abortedBeforeAnswer', { ...surface, isStream: false }),
    );
  });
});
