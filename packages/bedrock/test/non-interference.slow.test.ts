import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type PayiOptions } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import {
  checkNonInterference,
  formatReport,
  type NonInterferenceReport,
} from '@payi/testkit/non-interference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';
import { redirectByHand, withoutResultIds } from './redirect-by-hand.ts';

let backend: RunningPayi;
beforeAll(async () => {
  backend = await startPayi();
});
afterAll(() => backend.close());

const operations = ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'] as const;

const failures = (report: NonInterferenceReport): string[] =>
  report.checks.filter(({ passed }) => !passed).map(({ name, detail }) => `${name}: ${detail}`);

/** Registers with everything on that looks at a call. */
function instrument(options: PayiOptions): (client: BedrockRuntimeClient) => () => void {
  const payi = createPayi({ ...options, onReceipt: () => {} });
  return (client) => {
    const callbacks = { onRequest: () => {}, onResponse: () => {} };
    const registration = registerBedrockClientCallbacks(client, operations, { payi, ...callbacks });
    return () => registration.unregister();
  };
}

/** Whether all that differs is what we add to the message of an error on the way to Pay-i. */
function namesPayi(failure: string): boolean {
  const [, bare, ours = ''] = /“(.*)” became “(.*)”/s.exec(failure) ?? [];
  return ours.replace(/ \[on the way to Pay-i at [^\]]*\]/g, '') === bare;
}

describe.each(['http/1.1', 'h2'] as const)(
  'a registered client over %s',
  { timeout: 300_000 },
  (protocol) => {
    it('behaves as a bare one on route headers', async () => {
      const report = await checkNonInterference({
        instrument: instrument({ route: 'headers', defaults: { useCaseName: 'capitals' } }),
        protocols: [protocol],
        heapEvents: 5000,
        heapSlackBytes: 500_000,
      });
      expect(failures(report), formatReport(report)).toEqual([]);
    });

    it('behaves on route proxy as one that is redirected by hand', async () => {
      const report = await checkNonInterference({
        instrument: instrument({ apiKey: backend.apiKey, baseUrl: backend.url }),
        baseline: redirectByHand(backend),
        // Pay-i gives each call an id of its own.
        comparableBytes: withoutResultIds,
        volatileMembers: ['request_id'],
        protocols: [protocol],
        heapEvents: 5000,
        heapSlackBytes: 500_000,
      });
      expect(
        failures(report).filter((each) => !namesPayi(each)),
        formatReport(report),
      ).toEqual([]);
    });
  },
);
