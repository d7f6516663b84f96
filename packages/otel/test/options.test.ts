import * as published from '@opentelemetry/semantic-conventions/incubating';
import { isPayiError } from '@payi/core';
import { describe, expect, it } from 'vitest';
import * as attribute from '../src/attribute-names.ts';
import { dialects, operations, providers } from '../src/conventions.ts';
import { type OtelOptions, otel } from '../src/index.ts';

describe('otel()', () => {
  it.each<[object, string]>([
    [{ attributes: ['useCase'] }, 'attributes must be a list of names of annotations, and useCase is none'],
    [{ attributes: 'useCaseName' }, 'attributes must be a list of names of annotations, and it is none'],
    [{ conventions: '1.40' }, "conventions must be 'v1.41' or 'draft'"],
    [{ spans: true }, "spans must be 'one', 'own' or 'none'"],
    [{ maxMetricValues: 0 }, 'maxMetricValues must be a number from 1 up'],
  ])('refuses %j', (options, message) => {
    try {
      otel(options as OtelOptions);
    } catch (error) {
      expect([isPayiError(error), (error as Error).message]).toEqual([true, message]);
      return;
    }
    throw new Error('it was accepted');
  });

  it('is an object that core accepts, and does nothing without an SDK', () => {
    expect(otel()).toEqual({
      name: '@payi/otel',
      beforeCall: expect.any(Function),
      onReceipt: expect.any(Function),
    });
  });
});

// npm's `@opentelemetry/semantic-conventions` is generated from v1.41, the last release with conventions for GenAI.
describe('the names of v1.41', () => {
  const names = new Set<unknown>(Object.values(published));
  const { tokens, inference } = dialects['v1.41'];
  const ours = [
    ...Object.values(attribute).filter((name) => name !== attribute.tokenModality),
    ...Object.values(tokens),
    inference.duration,
    inference.timeToFirstChunk,
    ...inference.tokens.map(({ name }) => name),
    ...Object.values(operations),
    ...Object.values(providers),
  ];

  it.each([...new Set(ours)])('include %s', (name) => {
    expect(names).toContain(name);
  });
});

// From open-telemetry/semantic-conventions-genai, which has no release: docs/gen-ai/non-normative/migration.md,
// gen-ai-token-metrics.md and client-embeddings.md, as of November 2026.
it('the names of the draft are those of its pages', () => {
  const { tokens, inference, embeddings } = dialects.draft;
  expect(Object.values(tokens)).toEqual([
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.reasoning.output_tokens',
  ]);
  expect([inference, embeddings].map(({ duration }) => duration)).toEqual([
    'gen_ai.client.inference.duration',
    'gen_ai.client.embeddings.duration',
  ]);
  expect(inference.timeToFirstChunk).toBe('gen_ai.client.inference.time_to_first_chunk');
  expect([...inference.tokens, ...embeddings.tokens].map(({ name }) => name)).toEqual([
    'gen_ai.client.inference.usage.input_tokens',
    'gen_ai.client.inference.usage.output_tokens',
    'gen_ai.client.inference.usage.cache_read.input_tokens',
    'gen_ai.client.inference.usage.cache_write.input_tokens',
    'gen_ai.client.inference.usage.reasoning.output_tokens',
    'gen_ai.client.inference.operation.input_tokens',
    'gen_ai.client.inference.operation.output_tokens',
    'gen_ai.client.embeddings.operation.input_tokens',
  ]);
});
