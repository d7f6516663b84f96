/**
 * All plugins at once, on four adapters, with faults: spans, budgets, AWS's logs and Pay-i's ledger agree on each call, to
 * the token. `PAYI_PLUGIN_CALLS` sets the number of calls.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { withPayi as withPayiAnthropic } from '@payi/anthropic';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { type BudgetStatus, budgets, memoryStore } from '@payi/budgets';
import { createPayi, isLimitReached, type Receipt } from '@payi/core';
import { track } from '@payi/core/context';
import { withPayi as withPayiGoogle } from '@payi/google';
import { withPayi as withPayiOpenAI } from '@payi/openai';
import { otel } from '@payi/otel';
import {
  type BedrockAnswer,
  type LedgerEntry,
  type ProviderAnswer,
  type ScriptedUsage,
  startAnthropic,
  startBedrock,
  startGoogle,
  startOpenAI,
  startPayi,
} from '@payi/testkit';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../testing/random-numbers.ts';
import { testSeed } from '../../testing/test-seed.ts';
import { loadSdks, sdkAge } from '../src/sdks.ts';

const calls = Number(process.env.PAYI_PLUGIN_CALLS ?? 10_000);
const callsAtOnce = 48;
const accounts = ['acme', 'Globex, Inc.', 'initech'] as const;
const claude = 'anthropic.claude-sonnet-4-20250514-v1:0';

const operations = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'chat',
  'chat stream',
  'messages',
  'messages stream',
  'gemini',
  'gemini stream',
] as const;

/** What becomes of a call. */
const fates = {
  answered: 60,
  /** Is refused with 503 once, or its connection breaks, then it is answered. */
  retried: 12,
  refused: 5,
  /** Counts against a small budget. */
  capped: 8,
  abortedBefore: 3,
  abortedDuring: 4,
  /** Its answer breaks off. */
  cut: 4,
  /** Its reader leaves: a stream. */
  left: 4,
} as const;
type Fate = keyof typeof fates;

interface Plan {
  readonly operation: (typeof operations)[number];
  readonly fate: Fate;
  readonly account: string;
  readonly usage: Required<Pick<ScriptedUsage, 'inputTokens' | 'outputTokens' | 'cacheReadInputTokens'>>;
  readonly isReset: boolean;
}

function planOf(seed: number, call: number): Plan {
  const random = randomNumbers(seed + call * 7919);
  const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const operation = oneOf(operations);
  const isStream = /stream/i.test(operation);
  const fate = oneOf(Object.entries(fates).flatMap(([name, share]) => Array<Fate>(share).fill(name as Fate)));
  const isBroken = ['abortedDuring', 'cut', 'left'].includes(fate);
  return {
    operation,
    fate: fate === 'left' && !isStream ? 'answered' : fate,
    // What such a call costs is an estimate, so it is kept apart.
    account: isBroken ? 'broken' : oneOf(accounts),
    usage: {
      // A small budget holds if a call costs no more than its estimate, which is by the size of the request.
      inputTokens: 1 + Math.floor(random() * (fate === 'capped' ? 20 : 3000)),
      outputTokens: 1 + Math.floor(random() * 400),
      cacheReadInputTokens: fate !== 'capped' && random() < 0.2 ? 1 + Math.floor(random() * 1000) : 0,
    },
    isReset: random() < 0.2,
  };
}

interface Tokens {
  readonly input: number | undefined;
  readonly output: number | undefined;
}

/** All tokens, as OpenTelemetry counts them: input has what a cache read. */
function tokensOf({ units }: LedgerEntry): Tokens {
  const all = Object.values(units);
  const sum = (direction: 'input' | 'output'): number | undefined => {
    const counts = all.flatMap((count) => count[direction] ?? []);
    return counts.length === 0 ? undefined : counts.reduce((one, other) => one + other);
  };
  return { input: sum('input'), output: sum('output') };
}

describe.skipIf(sdkAge !== 'newest')('all plugins at once', () => {
  it(`agree with Pay-i's ledger, after ${calls} calls with faults`, { timeout: 600_000 }, async () => {
    const seed = testSeed();
    const plans = Array.from({ length: calls }, (_, call) => planOf(seed, call));
    const attempts = new Map<number, number>();
    const leaving = new Map<number, AbortController>();

    const answer = (body: Uint8Array): (ProviderAnswer & BedrockAnswer) | { status: number } => {
      const call = Number(/call (\d+)\b/.exec(Buffer.from(body).toString())?.[1]);
      const { fate, usage, isReset } = plans[call] as Plan;
      const attempt = (attempts.get(call) ?? 0) + 1;
      attempts.set(call, attempt);
      if (fate === 'refused') return { status: 400 };
      if (fate === 'retried' && attempt === 1)
        return isReset ? { faults: { dropAfterEvents: 0 } } : { status: 503 };
      if (fate === 'abortedDuring') leaving.get(call)?.abort();
      return {
        text: 'yes it is so',
        usage,
        ...(fate === 'abortedDuring' && { faults: { stallAfterEvents: 0 } }),
        ...(fate === 'left' && { faults: { stallAfterEvents: 3 } }),
        ...(fate === 'cut' && { faults: { dropAfterBytes: 60 } }),
      };
    };
    const keyAnswer = ({ body }: { body: Uint8Array }): ProviderAnswer => {
      const given = answer(body);
      if (!('status' in given)) return given;
      return { error: { status: given.status }, headers: { 'retry-after-ms': '1' } };
    };
    await using bedrock = await startBedrock({
      answer: ({ request }) => {
        const given = answer(request.body);
        if (!('status' in given)) return given;
        return {
          error: { type: given.status === 400 ? 'ValidationException' : 'ServiceUnavailableException' },
        };
      },
    });
    await using openaiServer = await startOpenAI({ answer: keyAnswer });
    await using anthropicServer = await startAnthropic({ answer: keyAnswer });
    await using googleServer = await startGoogle({ answer: keyAnswer });
    await using server = await startPayi();

    const exporter = new InMemorySpanExporter();
    const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer(
      't',
    );
    const budget = budgets({
      store: memoryStore(),
      rules: [
        { by: 'accountName', max: 9_000_000, per: 'month' },
        { by: 'useCaseStep', max: 0.00002 * calls, per: 'month', id: 'small' },
      ],
      storeTimeoutMs: 600_000,
    });
    const receipts: Receipt[] = [];
    const faults: unknown[] = [];
    const payi = createPayi({
      route: 'direct',
      apiKey: server.apiKey,
      baseUrl: server.url,
      plugins: [otel({ tracer, attributes: ['userId', 'accountName', 'useCaseStep'] }), budget],
      onReceipt: (receipt) => receipts.push(receipt),
      onDiagnostic: (diagnostic) => faults.push(diagnostic),
      // No time limit may decide.
      delivery: { intervalMs: 20, timeoutMs: 600_000 },
    });
    const sdks = await loadSdks();
    const aws = new sdks.bedrock.BedrockRuntimeClient({
      ...bedrock.clientConfig,
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 3,
      retryMode: 'standard',
    });
    registerBedrockClientCallbacks(aws, ['Converse', 'ConverseStream', 'InvokeModel'], {
      payi,
      requestMetadata: { userId: 'user', accountName: 'tenant', useCaseStep: 'step' },
    });
    const openai = withPayiOpenAI(new sdks.OpenAI({ apiKey: 'k', baseURL: `${openaiServer.url}/v1` }), {
      payi,
    });
    const anthropic = withPayiAnthropic(new sdks.Anthropic({ apiKey: 'k', baseURL: anthropicServer.url }), {
      payi,
    });
    const google = withPayiGoogle(
      new sdks.GoogleGenAI({
        apiKey: 'k',
        httpOptions: { baseUrl: googleServer.url, retryOptions: { attempts: 3, initialDelay: 0.001 } },
      }),
      { payi },
    );

    const ask = async (call: number, { operation, fate }: Plan): Promise<void> => {
      const controller = new AbortController();
      leaving.set(call, controller);
      const { signal } = controller;
      if (fate === 'abortedBefore') controller.abort();
      const content = `call ${call}`;
      const messages = [{ role: 'user' as const, content }];
      const read = async (stream: AsyncIterable<unknown> | undefined): Promise<void> => {
        for await (const _ of stream ?? []) if (fate === 'left') break;
      };
      const converse = {
        modelId: 'amazon.nova-lite-v1:0',
        messages: [{ role: 'user' as const, content: [{ text: content }] }],
        inferenceConfig: { maxTokens: 500 },
      };
      const { ConverseCommand, ConverseStreamCommand, InvokeModelCommand } = sdks.bedrock;
      const claudeBody = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 500, messages };
      const chat = { model: 'gpt-4o', max_tokens: 500, messages };
      const message = { model: 'claude-opus-4-5', max_tokens: 500, messages };
      const gemini = {
        model: 'gemini-2.5-flash',
        contents: content,
        config: { maxOutputTokens: 500, abortSignal: signal },
      };
      const run: Record<Plan['operation'], () => Promise<unknown>> = {
        Converse: () => aws.send(new ConverseCommand(converse), { abortSignal: signal }),
        ConverseStream: async () =>
          read((await aws.send(new ConverseStreamCommand(converse), { abortSignal: signal })).stream),
        InvokeModel: () =>
          aws.send(new InvokeModelCommand({ modelId: claude, body: JSON.stringify(claudeBody) }), {
            abortSignal: signal,
          }),
        chat: () => openai.chat.completions.create(chat, { signal }),
        'chat stream': async () => {
          const options = { ...chat, stream: true as const, stream_options: { include_usage: true } };
          return read(await openai.chat.completions.create(options, { signal }));
        },
        messages: () => anthropic.messages.create(message, { signal }),
        'messages stream': async () =>
          read(await anthropic.messages.create({ ...message, stream: true }, { signal })),
        gemini: () => google.models.generateContent(gemini),
        'gemini stream': async () => read(await google.models.generateContentStream(gemini)),
      };
      await run[operation]();
    };

    const outcomes = new Map<number, 'answered' | 'blocked' | 'failed'>();
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < calls) {
        const call = next;
        next += 1;
        const plan = plans[call] as Plan;
        const annotations = {
          userId: `call-${call}`,
          accountName: plan.account,
          ...(plan.fate === 'capped' && { useCaseStep: 'capped' }),
        };
        const outcome = await track(annotations, () => ask(call, plan)).then(
          () => 'answered' as const,
          (error: unknown) => (isLimitReached(error) ? ('blocked' as const) : ('failed' as const)),
        );
        outcomes.set(call, outcome);
        leaving.delete(call);
      }
    };
    await Promise.all(Array.from({ length: callsAtOnce }, work));
    // A call that its SDK may try again ends when that is over.
    const isLeft = (call: number): boolean => attempts.has(call) || outcomes.get(call) === 'blocked';
    const ended = plans.filter((_, call) => isLeft(call)).length;
    await expect.poll(() => exporter.getFinishedSpans().length, { timeout: 300_000 }).toBe(ended);
    expect(await payi.flush({ timeoutMs: Infinity })).toBe(true);
    expect(await budget.flush()).toBe(true);

    // One record of each call that left, in each ledger, with the same tokens.
    const spans = new Map(exporter.getFinishedSpans().map((span) => [span.attributes['payi.user.id'], span]));
    const ledger = new Map(server.ledger.map((entry) => [entry.annotations.userId, entry]));
    expect([spans.size, ledger.size]).toEqual([ended, attempts.size]);
    expect(server.ledger).toHaveLength(attempts.size);
    const wrong: unknown[] = [];
    for (const [call, plan] of plans.entries()) {
      const user = `call-${call}`;
      const [span, entry] = [spans.get(user), ledger.get(user)];
      const inSpan: Tokens = {
        input: span?.attributes['gen_ai.usage.input_tokens'] as number | undefined,
        output: span?.attributes['gen_ai.usage.output_tokens'] as number | undefined,
      };
      const inLedger = entry && tokensOf(entry);
      const { inputTokens, outputTokens, cacheReadInputTokens } = plan.usage;
      const isAnswered = outcomes.get(call) === 'answered' && plan.fate !== 'left';
      const stated: Tokens = { input: inputTokens + cacheReadInputTokens, output: outputTokens };
      const agrees =
        (span !== undefined) === isLeft(call) &&
        (entry !== undefined) === attempts.has(call) &&
        (entry === undefined || JSON.stringify(inSpan) === JSON.stringify(inLedger)) &&
        (!isAnswered || JSON.stringify(inLedger) === JSON.stringify(stated)) &&
        (span === undefined || span.attributes['payi.account.name'] === plan.account) &&
        (outcomes.get(call) === 'blocked') === (span?.attributes['payi.outcome'] === 'blocked');
      if (!agrees) wrong.push({ call, plan, outcome: outcomes.get(call), inSpan, inLedger, stated });
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(new Set([...outcomes.values()])).toEqual(new Set(['answered', 'blocked', 'failed']));

    // Budgets: whole nano-dollars.
    const nanos = (entries: readonly LedgerEntry[]): number =>
      entries.reduce((sum, { cost }) => sum + Math.round((cost?.total.base ?? 0) * 1e9), 0);
    const spentOf = (status: BudgetStatus | undefined) => [
      Math.round((status?.spent ?? Number.NaN) * 1e9),
      status?.reserved,
      status?.inexactCalls,
    ];
    for (const account of accounts) {
      const entries = server.ledger.filter(({ annotations }) => annotations.accountName === account);
      const [status] = await budget.status({ accountName: account });
      expect([account, ...spentOf(status)]).toEqual([account, nanos(entries), 0, 0]);
    }
    const capped = server.ledger.filter(({ annotations }) => annotations.useCaseStep === 'capped');
    const [small] = await budget.status({ useCaseStep: 'capped' });
    expect(spentOf(small)).toEqual([nanos(capped), 0, 0]);
    expect(small?.spent).toBeLessThanOrEqual(small?.max ?? 0);
    const [broken] = await budget.status({ accountName: 'broken' });
    const brokenEntries = server.ledger.filter(({ annotations }) => annotations.accountName === 'broken');
    expect(broken?.reserved).toBe(0);
    expect(Math.round((broken?.spent ?? 0) * 1e9)).toBeGreaterThanOrEqual(nanos(brokenEntries));

    // AWS: every attempt has the pairs of its call, and its logs have what the ledger has.
    const folder = mkdtempSync(join(tmpdir(), 'payi-plugins-'));
    const logs = bedrock.requests.map(
      ({ requestId, requestMetadata, status, answered, body, operation, modelId }) => {
        const call = Number(/call (\d+)\b/.exec(Buffer.from(body).toString())?.[1]);
        const { account, fate, usage } = plans[call] as Plan;
        expect(requestMetadata).toEqual({
          user: `call-${call}`,
          tenant: account.replace(',', '_'),
          ...(fate === 'capped' && { step: 'capped' }),
        });
        if (status !== 200 || answered !== 'complete') return '';
        const input = {
          inputTokenCount: usage.inputTokens,
          cacheReadInputTokenCount: usage.cacheReadInputTokens,
        };
        const output = { outputTokenCount: usage.outputTokens };
        return JSON.stringify({ requestId, operation, modelId, requestMetadata, input, output });
      },
    );
    const events = server.ledger.map(
      ({ category, resource, units, annotations: { requestProperties: properties } }) =>
        JSON.stringify({ category, resource, units, http_status_code: 200, properties }),
    );
    const [usageFile, logFile] = [join(folder, 'usage.ndjson'), join(folder, 'aws.ndjson')];
    writeFileSync(usageFile, events.join('\n'));
    writeFileSync(logFile, logs.filter((line) => line !== '').join('\n'));
    const bin = join(import.meta.dirname, '../../../packages/report/dist/bin.js');
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, [bin, usageFile, '--against', logFile], (_, stdout) => resolve(stdout));
    });
    rmSync(folder, { recursive: true });
    const whole = logs.filter((line) => line !== '').length;
    expect(whole).toBeGreaterThan(calls / 6);
    expect(said).toContain(`${whole} calls are in both, 0 of them with different counts; `);
    expect(said).toContain(" only in the events, 0 only in AWS's logs.");
    expect(faults).toEqual([]);
    await payi.close();
    aws.destroy();
  });
});
