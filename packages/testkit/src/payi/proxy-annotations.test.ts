import { headerNames } from '@payi/core';
import { describe, expect, it } from 'vitest';
import { annotationRows, parseAnnotations } from './proxy-annotations.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');

describe('annotationRows', () => {
  it('have the names that the clients use', () => {
    const { apiKey: _apiKey, providerBaseUri: _baseUri, forward: _forward, ...annotations } = headerNames;
    const rows = Object.entries(annotationRows).map(([field, { header }]) => [field, header]);
    const names = Object.entries(annotations).map(([field, name]) => [field, name.toLowerCase()]);
    expect(rows.sort()).toEqual(names.sort());
  });
});

describe('parseAnnotations()', () => {
  it('reads every annotation header', () => {
    expect(
      parseAnnotations({
        'xproxy-limit-ids': 'aws_budget,team',
        'xproxy-request-tags': 'bedrock,claude-3',
        'xproxy-user-id': 'data_scientist_123',
        'xproxy-account-name': 'Fabrikam Ltd',
        'xproxy-usecase-name': 'text_generation',
        'xproxy-usecase-id': 'instance 7',
        'xproxy-usecase-version': '0',
        'xproxy-usecase-step': 'draft',
        'xproxy-usecase-properties': 'eyJ4IjoieSJ9',
        'xproxy-request-properties': encode('{"caf\\u00e9":null,"b":"\\ud83d\\ude00"}'),
        'xproxy-priceas-category': 'system.openai',
        'xproxy-priceas-resource': 'gpt-4o',
        'xproxy-resource-scope': 'region.us',
        'xproxy-logging-disable': 'True',
      }),
    ).toEqual({
      limitIds: ['aws_budget', 'team'],
      requestTags: ['bedrock', 'claude-3'],
      userId: 'data_scientist_123',
      accountName: 'Fabrikam Ltd',
      useCaseName: 'text_generation',
      useCaseId: 'instance 7',
      useCaseVersion: 0,
      useCaseStep: 'draft',
      useCaseProperties: { x: 'y' },
      requestProperties: { café: null, b: '😀' },
      priceAsCategory: 'system.openai',
      priceAsResource: 'gpt-4o',
      resourceScope: 'region.us',
      logPromptAndResponse: false,
    });
  });

  it('leaves out what is absent or empty', () => {
    expect(parseAnnotations({ 'xproxy-user-id': '', 'xproxy-limit-ids': '', host: 'x' })).toEqual({});
  });

  it('counts a limit that is named twice once', () => {
    expect(parseAnnotations({ 'xproxy-limit-ids': 'a,b,a' })).toEqual({ limitIds: ['a', 'b'] });
  });

  it('takes False for a logging flag that is off', () => {
    expect(parseAnnotations({ 'xproxy-logging-disable': 'False' })).toEqual({ logPromptAndResponse: true });
  });

  it.each([
    ['xproxy-limit-ids', 'a,,b', 'invalid_limit_ids'],
    ['xproxy-limit-ids', 'a, b', 'invalid_limit_ids'],
    ['xproxy-request-tags', 'two words', 'invalid_tags'],
    ['xproxy-request-tags', 'bedrock, claude', 'invalid_tags'],
    ['xproxy-request-tags', 'caf\u00e9', 'invalid_tags'],
    ['xproxy-user-id', 'a b', 'invalid_user_id'],
    ['xproxy-usecase-name', 'text generation', 'invalid_use_case_name'],
    ['xproxy-usecase-name', 'a'.repeat(65), 'invalid_use_case_name'],
    ['xproxy-usecase-version', '1.5', 'request_processing_error'],
    ['xproxy-usecase-version', '-1', 'request_processing_error'],
    ['xproxy-logging-disable', 'true', 'request_processing_error'],
    ['xproxy-request-properties', '{"x":"y"}', 'invalid_json'],
    ['xproxy-request-properties', encode('{"x":'), 'invalid_json'],
    ['xproxy-request-properties', encode('["x"]'), 'invalid_json'],
    ['xproxy-request-properties', encode('{"x":1}'), 'invalid_json'],
    ['xproxy-usecase-properties', 'eyJ4IjoieSJ', 'invalid_json'],
    ['xproxy-usecase-properties', Buffer.from([0x22, 0xff, 0x22]).toString('base64'), 'invalid_json'],
  ])('refuses %s: %s with 400 %s', (name, value, code) => {
    expect(() => parseAnnotations({ [name]: value })).toThrow(
      expect.objectContaining({ statusCode: 400, code }),
    );
  });

  it('accepts the longest use case name', () => {
    expect(parseAnnotations({ 'xproxy-usecase-name': 'a'.repeat(64) }).useCaseName).toHaveLength(64);
  });

  it('keeps the value out of the message', () => {
    expect(() => parseAnnotations({ 'xproxy-user-id': 'secret user' })).toThrow(
      /^The header xproxy-user-id does not hold a valid value\.$/,
    );
  });
});
