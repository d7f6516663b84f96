import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isPayiError } from '../errors.ts';
import * as copy from './create-payi.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { PayiOptions } from './payi-options.ts';
import { resolvePayi } from './resolved-payi.ts';

const { createPayi } = copy;
const key = 'payi-key-Zx9';

beforeEach(() => {
  for (const name of ['PAYI_API_KEY', 'ASCERTA_API_KEY', 'PAYI_BASE_URL', 'ASCERTA_BASE_URL'])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function configurationError(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (isPayiError(error) && error.code === 'CONFIGURATION') return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('createPayi()', () => {
  it('goes through the proxy at Pay-i by default', () => {
    expect(createPayi()).toEqual({ route: 'proxy', baseUrl: 'https://api.pay-i.com' });
  });

  it('takes options before ASCERTA_ variables, and those before PAYI_ variables', () => {
    const found = (options?: PayiOptions): string[] => {
      const { baseUrl, apiKey } = resolvePayi(createPayi(options));
      return [baseUrl, apiKey()];
    };
    vi.stubEnv('PAYI_API_KEY', 'old');
    vi.stubEnv('PAYI_BASE_URL', 'https://old.example');
    expect(found()).toEqual(['https://old.example', 'old']);
    vi.stubEnv('ASCERTA_API_KEY', 'new');
    vi.stubEnv('ASCERTA_BASE_URL', 'https://new.example');
    expect(found()).toEqual(['https://new.example', 'new']);
    expect(found({ apiKey: key, baseUrl: 'https://own.example' })).toEqual(['https://own.example', key]);
  });

  it('takes a variable of blanks for one that is not set', () => {
    vi.stubEnv('ASCERTA_API_KEY', ' ');
    vi.stubEnv('PAYI_API_KEY', ` ${key}\n`);
    vi.stubEnv('PAYI_BASE_URL', '');
    expect(resolvePayi(createPayi()).apiKey()).toBe(key);
    expect(createPayi().baseUrl).toBe('https://api.pay-i.com');
  });

  it('reads the environment when called, not when loaded', () => {
    const before = resolvePayi(createPayi());
    vi.stubEnv('PAYI_API_KEY', key);
    expect(() => before.apiKey()).toThrow();
    expect(resolvePayi(createPayi()).apiKey()).toBe(key);
  });

  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://gateway.example/payi/', 'https://gateway.example/payi'],
    ['https://gateway.example///', 'https://gateway.example'],
    ['HTTPS://Gateway.example', 'HTTPS://Gateway.example'],
    ['http://[::1]:80/x', 'http://[::1]:80/x'],
  ])('takes the base URL %s without slashes at its end', (given, expected) => {
    expect(createPayi({ baseUrl: given }).baseUrl).toBe(expected);
  });

  it.each([
    '',
    'api.pay-i.com',
    '//api.pay-i.com',
    '/api',
    'ftp://api.pay-i.com',
    'javascript:alert(1)',
    'https://',
    'https:///path',
    'https://user:Zx9@host',
    'https://host/?a=b',
    'https://host#x',
    'https://host\r\nx: y',
    ' https://host',
    'https://a b',
    7,
    {},
  ])('refuses the base URL %j', (baseUrl) => {
    const { message } = configurationError(() => createPayi({ baseUrl: baseUrl as string }));
    expect(message).toContain('PAYI_BASE_URL');
    expect(message).not.toContain('Zx9');
  });

  it('refuses a base URL from the environment as well', () => {
    vi.stubEnv('PAYI_BASE_URL', 'api.pay-i.com');
    expect(configurationError(() => createPayi()).message).toContain('PAYI_BASE_URL');
  });

  it('refuses an unknown route', () => {
    expect(configurationError(() => createPayi({ route: 'direkt' as never })).message).toBe(
      "route must be 'proxy', 'direct' or 'headers'",
    );
  });

  it('refuses an unknown policy for invalid annotations', () => {
    expect(configurationError(() => createPayi({ invalidAnnotations: 'drop' as never })).message).toBe(
      "invalidAnnotations must be 'refuse', 'fold' or 'leave-out'",
    );
  });

  it.each(['', ' ', 'Zx9 key', 'Zx9\nkey', 'Zx9-schlüssel', 7])(
    'refuses the key %j without quoting it',
    (apiKey) => {
      const { message } = configurationError(() => createPayi({ apiKey: apiKey as string }));
      expect(message).toContain('PAYI_API_KEY');
      expect(message).not.toContain('Zx9');
    },
  );

  it('needs no key to be made, and names the three ways to give one when it is asked for', () => {
    const payi = createPayi();
    const { message } = configurationError(() => resolvePayi(payi).apiKey());
    for (const way of ['apiKey', 'PAYI_API_KEY', 'ASCERTA_API_KEY']) expect(message).toContain(way);
    // The commonest mistake is the address, which the next error would be about.
    expect(message).toContain('Pay-i gives each customer an address of its own: set baseUrl');
    const own = createPayi({ baseUrl: 'https://acme.example' });
    expect(configurationError(() => resolvePayi(own).apiKey()).message).not.toContain('address');
  });

  it.each([
    ['http://api.pay-i.com', true],
    ['HTTP://10.0.0.1/payi', true],
    ['http://127.example.com', true],
    ['http://localhost.example.com:80', true],
    ['https://api.pay-i.com', false],
    ['http://localhost', false],
    ['http://payi.localhost:8080/x', false],
    ['http://127.0.0.1:8080', false],
    ['http://[::1]:8080', false],
  ])('says once that a key for %s travels unencrypted: %s', (baseUrl, isSaid) => {
    const said: Diagnostic[] = [];
    const onDiagnostic = (diagnostic: Diagnostic): void => void said.push(diagnostic);
    const payi = createPayi({ apiKey: key, baseUrl, route: 'direct', onDiagnostic });
    resolvePayi(payi);
    expect(said.map(({ code }) => code)).toEqual(isSaid ? ['BASE_URL_WITHOUT_TLS'] : []);
    createPayi({ apiKey: key, baseUrl, route: 'headers', onDiagnostic });
    createPayi({ baseUrl, onDiagnostic });
    expect(said).toHaveLength(isSaid ? 1 : 0);
  });

  it('checks and encodes the defaults once', () => {
    const { defaults, defaultHeaders } = resolvePayi(
      createPayi({ defaults: { accountName: 'acme', userId: '' } }),
    );
    expect(defaults).toEqual({ accountName: 'acme' });
    expect(defaultHeaders).toEqual({ 'xProxy-Account-Name': 'acme' });
    expect(() => createPayi({ defaults: { userId: 'Jane Doe' } })).toThrow('userId must not hold blanks');
    expect(() => createPayi({ defaults: { userID: 'u1' } as never })).toThrow('is not an annotation');
  });

  it('keeps defaults as they were, whatever the application does to its object', () => {
    const mine = { limitIds: ['l1'], requestProperties: { a: '1', nested: { b: '2' } } as never };
    const { defaults, defaultHeaders } = resolvePayi(createPayi({ defaults: mine }));
    mine.limitIds.push('l2');
    Object.assign(mine.requestProperties, { a: '2' });
    expect(defaults).toEqual({ limitIds: ['l1'], requestProperties: { a: '1', nested: { b: '2' } } });
    const { limitIds, requestProperties = {} } = defaults as typeof mine;
    for (const part of [
      defaults,
      defaultHeaders,
      limitIds,
      requestProperties,
      requestProperties['nested' as never],
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('reports an option that it does not know, and goes on', () => {
    const heard: Diagnostic[] = [];
    const options = { onDiagnostic: (diagnostic: Diagnostic) => void heard.push(diagnostic), apikey: key };
    expect(createPayi(options).route).toBe('proxy');
    expect(heard).toEqual([
      { code: 'UNKNOWN_OPTION', message: 'createPayi() does not know the option "apikey"' },
    ]);
  });

  it.each([
    ['a key', key, 'what createPayi() takes must be an object of options'],
    ['null', null, 'what createPayi() takes must be an object of options'],
    ['a hook that is no function', { onDiagnostic: console }, 'onDiagnostic must be a function'],
    ['another', { onReceipt: 'print' }, 'onReceipt must be a function'],
    [
      'a redactor whose name is misspelt',
      { capture: { prompts: true, redactor: () => null } },
      'capture must',
    ],
  ])('refuses %s', (_, options, message) => {
    const { message: said } = configurationError(() => createPayi(options as never));
    expect(said).toContain(message);
    expect(said).not.toContain(key);
  });

  it('warns on the console when there is no hook but null', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    createPayi({ onDiagnostic: null, apikey: key } as never);
    expect(warn).toHaveBeenCalledOnce();
  });

  it('gives a frozen object that shows no key, however it is printed', () => {
    const payi = createPayi({ apiKey: key });
    expect(Object.isFrozen(payi)).toBe(true);
    const printed = [
      JSON.stringify(payi),
      JSON.stringify(resolvePayi(payi)),
      inspect(payi),
      inspect(payi, { showHidden: true, depth: null, getters: true }),
      inspect(resolvePayi(payi), { showHidden: true, depth: null, getters: true }),
      JSON.stringify({ ...payi }),
      String(payi),
    ];
    for (const text of printed) expect(text).not.toContain('Zx9');
    expect(resolvePayi(payi).apiKey()).toBe(key);
  });

  it('keeps the key out of later errors', () => {
    const payi = createPayi({ apiKey: key });
    for (const wrong of [{ ...payi }, null, 'payi']) {
      expect(configurationError(() => resolvePayi(wrong as never)).message).not.toContain('Zx9');
    }
  });
});

describe('resolvePayi()', () => {
  it('makes one from the environment when none is given', () => {
    vi.stubEnv('PAYI_API_KEY', key);
    expect(resolvePayi().apiKey()).toBe(key);
    expect(resolvePayi().route).toBe('proxy');
  });

  it('takes a Payi made by another copy of the package', async () => {
    vi.resetModules();
    const other: typeof copy = await import('./create-payi.ts');
    expect(other.createPayi).not.toBe(createPayi);
    const resolved = resolvePayi(other.createPayi({ apiKey: key, route: 'headers' }));
    expect([resolved.route, resolved.apiKey()]).toEqual(['headers', key]);
  });

  it('refuses what createPayi() did not make', () => {
    for (const wrong of [null, {}, { route: 'proxy', baseUrl: 'https://api.pay-i.com' }, 7]) {
      expect(configurationError(() => resolvePayi(wrong as never)).message).toContain('createPayi()');
    }
  });
});
