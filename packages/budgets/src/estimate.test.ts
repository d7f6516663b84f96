import type { Receipt } from '@payi/core';
import { priceUnits } from 'payi-report';
import { describe, expect, it } from 'vitest';
import { costOf } from './estimate.ts';

describe('costOf()', () => {
  const receipt = {
    category: 'system.openai',
    resource: 'my-deployment',
    units: { text: { input: 1_000_000 } },
  } as unknown as Receipt;

  it.each<[string, Partial<Receipt>, number | undefined]>([
    ['as Pay-i states it', { cost: { currency: 'usd', total: 7 }, model: 'gpt-4o' }, 7],
    ['by the model that answered', { model: 'gpt-4o' }, 2.5],
    ['by the model asked for', { model: 'nobody-knows', resource: 'gpt-4o' }, 2.5],
    ['as the provider states it, if there is no price', { providerCost: { currency: 'usd', total: 3 } }, 3],
    ['not at all without a price', {}, undefined],
    ['not at all without counts', { units: {}, model: 'gpt-4o' }, undefined],
    ['not at all in another currency', { cost: { currency: 'eur', total: 7 }, units: {} }, undefined],
  ])('knows what a call cost: %s', (_, facts, cost) => {
    expect(costOf({ ...receipt, ...facts }, priceUnits)).toBe(cost);
  });
});
