import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Receipt } from '../call/receipt.ts';
import { eventOfReceipt, type IngestItem, type Mappings } from './event-of-receipt.ts';

const schema = JSON.parse(
  readFileSync(new URL('./__fixtures__/ingest.schema.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

function receipt(parts: Partial<Receipt> = {}): Receipt {
  return {
    category: 'system.openai',
    operation: 'chat',
    resource: 'gpt-4o',
    annotations: {},
    outcome: 'complete',
    units: { text: { input: 1, output: 2 } },
    usageSource: 'body',
    providerResponseId: 'id-1',
    httpStatus: 200,
    attempts: 1,
    startedAt: '2026-01-02T03:04:05.678Z',
    endToEndMs: 12.6,
    properties: {},
    toolCalls: [],
    warnings: [],
    ...parts,
  };
}

/** The event, which Pay-i's published schema takes. */
function eventOf(parts: Partial<Receipt> = {}, mappings?: Mappings, providerUri?: string): IngestItem {
  const event = eventOfReceipt(receipt(parts), mappings, providerUri);
  expect(validate([JSON.parse(JSON.stringify(event))]), ajv.errorsText(validate.errors)).toBe(true);
  return event;
}

describe('eventOfReceipt()', () => {
  it('tells the model, tier, scope, price and billed facts that the answer stated', () => {
    const event = eventOf({
      model: 'gpt-4o-2024-08-06',
      serviceTier: 'flex',
      scope: 'datazone.us',
      providerCost: { currency: 'usd', total: 0.25 },
      billable: { audio_seconds: 1.5 },
      annotations: { resourceScope: 'global' },
    });
    expect(event).toMatchObject({
      resource: 'gpt-4o',
      scope: 'datazone.us',
      properties: {
        'system.model': 'gpt-4o-2024-08-06',
        'system.service_tier': 'flex',
        'system.provider_cost': '0.25',
        'system.billable.audio_seconds': '1.5',
      },
    });
    expect(eventOf({ model: 'gpt-4o' }).properties).toEqual(eventOf().properties);
  });

  it('tells what is known, and nothing else', () => {
    expect(eventOf()).toEqual({
      category: 'system.openai',
      resource: 'gpt-4o',
      units: { text: { input: 1, output: 2 } },
      event_timestamp: '2026-01-02T03:04:05.678Z',
      end_to_end_latency_ms: 13,
      http_status_code: 200,
      provider_response_id: expect.stringMatching(/^payi_[0-9a-f-]{36}$/),
      properties: { 'system.provider_response_id': 'id-1' },
    });
  });

  it('carries every annotation in the item', () => {
    expect(
      eventOf({
        annotations: {
          useCaseName: 'n',
          useCaseId: 'i',
          useCaseVersion: 0,
          useCaseStep: 's',
          useCaseProperties: { a: 'b', none: null },
          userId: 'u',
          accountName: 'acc',
          limitIds: ['l1', 'l2'],
          requestTags: ['t'],
          requestProperties: { ü: 'ß' },
          resourceScope: 'region.x',
          logPromptAndResponse: false,
        },
      }),
    ).toMatchObject({
      use_case_name: 'n',
      use_case_id: 'i',
      use_case_version: 0,
      use_case_step: 's',
      use_case_properties: { a: 'b', none: null },
      user_id: 'u',
      account_name: 'acc',
      limit_ids: ['l1', 'l2'],
      request_tags: ['t'],
      properties: { ü: 'ß' },
      scope: 'region.x',
    });
  });

  it('tells the address of the provider without user and password', () => {
    const hostMappings = [{ host: 'gateway.example', priceAsCategory: 'system.azureopenai' }];
    expect(eventOf({}, { hostMappings }, 'https://me:s3cret@gateway.example/v1')).toMatchObject({
      provider_uri: 'https://gateway.example/v1',
      category: 'system.azureopenai',
    });
  });

  it('has 299 and no id of the provider for a call that was never answered', () => {
    const {
      providerResponseId: _,
      httpStatus: __,
      ...rest
    } = receipt({ outcome: 'failed', usageSource: 'none', units: {} });
    const event = eventOfReceipt(rest);
    expect(event.http_status_code).toBe(299);
    expect(event.provider_response_id).toMatch(/^payi_[0-9a-f-]{36}$/);
    expect(event.properties).toEqual({ 'system.outcome': 'failed', 'system.usage_source': 'none' });
    expect(validate([event])).toBe(true);
  });

  it('leaves the caller what the caller named, and turns numbers and flags into text', () => {
    expect(
      eventOf({
        outcome: 'partial',
        properties: { 'system.stop_reason': 'end_turn', 'system.failure': 'E' },
        annotations: {
          requestProperties: {
            'system.failure': 'mine',
            'system.outcome': null,
            count: 3,
            flag: true,
          } as never,
        },
      }).properties,
    ).toEqual({
      'system.provider_response_id': 'id-1',
      'system.stop_reason': 'end_turn',
      'system.failure': 'mine',
      'system.outcome': null,
      count: '3',
      flag: 'true',
    });
  });

  it('has no message of an error, which may quote a prompt', () => {
    const event = eventOf({
      properties: { 'system.failure': 'E', 'system.failure.description': 'prompt: secret' },
    });
    expect(JSON.stringify(event)).not.toContain('secret');
  });

  it('sends counts that Pay-i takes and leaves out the others', () => {
    expect(
      eventOf({
        units: {
          text: { input: 0, output: 2_147_483_647 },
          reasoning: { output: 2_147_483_648 },
          audio: { input: 1.5, output: 4 },
          vision: { input: -1 },
          something_new: { input: 7 },
        },
      }).units,
    ).toEqual({
      text: { input: 0, output: 2_147_483_647 },
      audio: { output: 4 },
      something_new: { input: 7 },
    });
  });

  it('turns what is no text among properties into text', () => {
    const requestProperties = {
      number: 5,
      flag: true,
      none: null,
      list: [1, 'a'],
      bag: Object.assign(Object.create(null), { a: { b: 1 } }),
    } as unknown as Record<string, string>;
    expect(eventOf({ annotations: { requestProperties } }).properties).toMatchObject({
      number: '5',
      flag: 'true',
      none: null,
      list: '[1,"a"]',
      bag: '{"a":{"b":1}}',
    });
  });

  it('names the tools that were called, without arguments', () => {
    expect(eventOf({ toolCalls: ['search', 'search'] }).provider_response_function_calls).toEqual([
      { name: 'search' },
      { name: 'search' },
    ]);
  });

  const mappings: Mappings = {
    modelMappings: [
      { model: 'gpt-4o', host: 'other.example', priceAsResource: 'not this' },
      {
        model: 'gpt-4o',
        host: 'mine.openai.azure.com',
        priceAsResource: 'gpt-4o-2024',
        resourceScope: 'datazone.eu',
      },
      { model: 'my-model', priceAsCategory: 'system.anthropic', priceAsResource: 'claude' },
    ],
    hostMappings: [{ host: 'https://Mine.openai.azure.com/openai', priceAsCategory: 'system.azureopenai' }],
  };
  const azure = 'https://mine.openai.azure.com:443/openai/deployments/gpt-4o';

  it.each([
    ['nothing said', {}, undefined, { category: 'system.openai', resource: 'gpt-4o' }],
    [
      'model and host mapped, scope replaced',
      { annotations: { resourceScope: 'global' } },
      azure,
      { category: 'system.azureopenai', resource: 'gpt-4o-2024', scope: 'datazone.eu' },
    ],
    [
      'model mapped',
      { resource: 'my-model' },
      undefined,
      { category: 'system.anthropic', resource: 'claude' },
    ],
    [
      'resource annotated: no model mapping, the category of the host',
      { annotations: { priceAsResource: 'mine' } },
      azure,
      { category: 'system.azureopenai', resource: 'mine' },
    ],
    [
      'category annotated: no model mapping',
      { resource: 'my-model', annotations: { priceAsCategory: 'system.x' } },
      undefined,
      { category: 'system.x', resource: 'my-model' },
    ],
    ['no resource known', { resource: '' }, undefined, { resource: 'system.unknown_model' }],
  ] as const)('prices by annotation, model, host: %s', (_case, parts, uri, expected) => {
    const event = eventOf(parts as Partial<Receipt>, mappings, uri);
    expect(event).toMatchObject(expected);
    expect(event.scope).toBe('scope' in expected ? expected.scope : undefined);
  });

  const gateway = 'https://gateway.example/v1';
  const routed: Mappings = { hostMappings: [{ host: 'gateway.example', priceAs: 'answered' }] };

  it.each<[string, Partial<Receipt>, string | undefined, string]>([
    ['the one that answered, at a host where that is said', {}, gateway, 'gpt-4o-2024-08-06'],
    ['the one that was asked for, at any other', {}, 'https://other.example/v1', 'gpt-4o'],
    [
      'the one that was asked for, where the answer names none',
      { model: undefined as never },
      gateway,
      'gpt-4o',
    ],
    ['the one that an annotation names', { annotations: { priceAsResource: 'mine' } }, gateway, 'mine'],
    ['the one to which the call was routed', { routedTo: 'gpt-5' }, gateway, 'gpt-5'],
  ])('prices a model: %s', (_, parts, uri, resource) => {
    const event = eventOf({ model: 'gpt-4o-2024-08-06', ...parts }, routed, uri);
    expect(event).toMatchObject({ resource, category: 'system.openai' });
    expect(event.properties?.['system.requested_model']).toBe(resource === 'gpt-4o' ? undefined : 'gpt-4o');
  });

  it('tells hosts apart that are addresses of IPv6', () => {
    const hostMappings = [{ host: '[fd00::1]', priceAsCategory: 'system.mine' }];
    const categoryAt = (uri: string): string => eventOf({}, { hostMappings }, uri).category;
    expect(categoryAt('http://[FD00::1]:8080/v1')).toBe('system.mine');
    expect(categoryAt('http://[fd00::2]:8080/v1')).toBe('system.openai');
  });

  it('makes a valid event of whatever a receipt may hold', () => {
    const text = fc.string();
    const bag = fc.dictionary(text, fc.option(text));
    fc.assert(
      fc.property(
        fc.record({
          units: fc.dictionary(
            text,
            fc.record({ input: fc.double(), output: fc.integer() }, { requiredKeys: [] }),
          ),
          endToEndMs: fc.double({ min: 0, noNaN: true }),
          timeToFirstTokenMs: fc.double({ min: 0, noNaN: true }),
          toolCalls: fc.array(fc.string({ minLength: 1 })),
          annotations: fc.record({
            userId: text,
            requestProperties: bag,
            useCaseProperties: bag,
            limitIds: fc.array(text),
          }),
        }),
        (parts) => {
          eventOf(parts as Partial<Receipt>);
        },
      ),
      { numRuns: 200 },
    );
  });
});
