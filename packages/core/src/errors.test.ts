import { describe, expect, it, vi } from 'vitest';
import * as errors from './errors.ts';

const { ConfigurationError, HeaderEncodingError, InvalidAnnotationError, isPayiError, PayiError } = errors;
const { UnregisteredOperationError, UnsupportedClientError } = errors;

describe('the errors', () => {
  it('have stable names and codes', () => {
    const samples = [
      new InvalidAnnotationError('userId', 'must be text'),
      new HeaderEncodingError('userId', 'xProxy-User-ID', 9000, 'is too long'),
      new ConfigurationError('no key'),
      new UnregisteredOperationError('Converse', [], 'register it'),
      new UnsupportedClientError('@payi/bedrock', ['send'], 'a BedrockRuntimeClient'),
    ];
    expect(samples.map((error) => [error.name, error.code])).toEqual([
      ['InvalidAnnotationError', 'INVALID_ANNOTATION'],
      ['HeaderEncodingError', 'HEADER_ENCODING'],
      ['ConfigurationError', 'CONFIGURATION'],
      ['UnregisteredOperationError', 'UNREGISTERED_OPERATION'],
      ['UnsupportedClientError', 'UNSUPPORTED_CLIENT'],
    ]);
    for (const error of samples) {
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(PayiError);
      expect(error.stack).toContain(`${error.name}: ${error.message}`);
    }
  });

  it('begin with the field, then say what is wrong with it', () => {
    expect(new InvalidAnnotationError('limitIds[1]', 'must be text').message).toBe(
      'limitIds[1] must be text',
    );
    const encoding = new HeaderEncodingError('userId', 'xProxy-User-ID', 9000, 'is too long');
    expect(encoding.message).toBe('userId is too long (header xProxy-User-ID, 9000 bytes)');
    expect(encoding).toMatchObject({ key: 'userId', headerName: 'xProxy-User-ID', byteLength: 9000 });
  });

  it('carry the cause, where there is one', () => {
    const cause = new Error('deep');
    expect(new InvalidAnnotationError('annotations', 'could not be read', { cause }).cause).toBe(cause);
    expect('cause' in new InvalidAnnotationError('userId', 'must be text')).toBe(false);
  });

  it('tell which operations are registered and what to write', () => {
    const error = new UnregisteredOperationError('Converse', ['InvokeModel'], 'register(client, "Converse")');
    expect(error.message).toContain('registered: InvokeModel');
    expect(error.message).toContain('Add: register(client, "Converse")');
    expect(new UnregisteredOperationError('Converse', [], '').message).toContain('registered: none');
  });

  it('list the members that an unsupported client lacks', () => {
    const error = new UnsupportedClientError('@payi/bedrock', ['send', 'config'], 'a BedrockRuntimeClient');
    expect(error.message).toBe(
      '@payi/bedrock cannot extend this object, which lacks send, config. Pass a BedrockRuntimeClient.',
    );
  });
});

describe('isPayiError()', () => {
  it('knows errors of another copy of the package, where instanceof does not', async () => {
    vi.resetModules();
    const other: typeof errors = await import('./errors.ts');
    const foreign = new other.ConfigurationError('no key');
    expect(foreign).not.toBeInstanceOf(PayiError);
    expect(isPayiError(foreign)).toBe(true);
    expect(other.isPayiError(new ConfigurationError('no key'))).toBe(true);
  });

  it('is false for anything else, and never throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [
      undefined,
      null,
      'PayiError',
      7,
      {},
      new Error('x'),
      { code: 'CONFIGURATION' },
      proxy,
    ]) {
      expect(isPayiError(value)).toBe(false);
    }
  });

  it('does not show its mark in JSON or among the keys', () => {
    expect(JSON.stringify(new ConfigurationError('x'))).toBe(
      '{"name":"ConfigurationError","code":"CONFIGURATION"}',
    );
    expect(Object.keys(new ConfigurationError('x'))).toEqual(['name', 'code']);
  });
});
