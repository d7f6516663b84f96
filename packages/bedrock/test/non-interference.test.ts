import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { createPayi, type PayiOptions } from '@payi/core';
import { type RunningPayi, startPayi } from '@payi/testkit';
import {
  checkNonInterference,
  formatReport,
  type NonInterferenceReport,
} from '@payi/testkit/non-interference';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerBedrockClientCallbacks } from '../src/index.ts';

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

/** What a call through Pay-i's proxy takes, and nothing more: signed for AWS's host, sent to Pay-i over HTTP/1.1. */
function redirectByHand({ url, apiKey }: RunningPayi): (client: BedrockRuntimeClient) => void {
  interface Request {
    protocol: string;
    hostname: string;
    port?: number;
    path: string;
    headers: Record<string, string>;
  }
  const proxy = new URL(url);
  return ({ middlewareStack }) => {
    middlewareStack.add(
      (next) => async (args) => {
        const { headers } = args.request as Request;
        if (headers[':authority'] !== undefined) headers.host = headers[':authority'];
        for (const name of [':authority', 'x-amz-user-agent']) delete headers[name];
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    const handler = new NodeHttpHandler();
    middlewareStack.add(
      (_next, context) => async (args) => {
        const signed = args.request as Request;
        const { host: _, ...headers } = signed.headers;
        const request = Object.assign(Object.create(Object.getPrototypeOf(signed)), signed, {
          protocol: proxy.protocol,
          hostname: proxy.hostname,
          port: Number(proxy.port),
          path: `/api/v1/proxy/aws.bedrock${signed.path}`,
          headers: {
            ...headers,
            'xProxy-Api-Key': apiKey,
            'xProxy-Provider-BaseUri': `${signed.protocol}//${signed.hostname}:${signed.port}`,
          },
        });
        const { abortSignal } =
          (context as { __smithy_context?: { abortSignal?: AbortSignal } }).__smithy_context ?? {};
        const { response } = await handler.handle(request, abortSignal ? { abortSignal } : {});
        return { response, output: undefined as never };
      },
      { step: 'deserialize', priority: 'low' },
    );
  };
}

function withoutResultIds(bytes: Uint8Array): Uint8Array {
  return Buffer.from(
    Buffer.from(bytes)
      .toString('latin1')
      .replace(/"request_id":"[^"]*"/g, '"request_id":""'),
    'latin1',
  );
}

describe.each(['http/1.1', 'h2'] as const)('a registered client over %s', { timeout: 90_000 }, (protocol) => {
  it('behaves as a bare one on route headers', async () => {
    const report = await checkNonInterference({
      instrument: instrument({ route: 'headers', defaults: { useCaseName: 'capitals' } }),
      protocols: [protocol],
      heapEvents: 10_000,
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
      heapEvents: 10_000,
    });
    expect(failures(report), formatReport(report)).toEqual([]);
  });
});
