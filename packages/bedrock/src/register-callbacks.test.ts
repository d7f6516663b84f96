import { BedrockRuntime, BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import {
  ConfigurationError,
  createPayi,
  type Diagnostic,
  InvalidAnnotationError,
  type Payi,
  UnregisteredOperationError,
  UnsupportedClientError,
} from '@payi/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerBedrockClientCallbacks, registeredOperations } from './register-callbacks.ts';

const payi = createPayi({ route: 'headers' });
const config = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
};
const client = (): BedrockRuntimeClient => new BedrockRuntimeClient(config);

describe('registerBedrockClientCallbacks()', () => {
  it('returns the operations it registered, each once', () => {
    const registration = registerBedrockClientCallbacks(
      client(),
      ['InvokeModel', 'Converse', 'InvokeModel'],
      { payi },
    );
    expect(registration.operations).toEqual(['InvokeModel', 'Converse']);
  });

  it('adds operations up over several registrations', () => {
    const bedrock = client();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    registerBedrockClientCallbacks(bedrock, 'InvokeModelWithResponseStream', { payi });
    expect(registeredOperations(bedrock)).toEqual(['InvokeModel', 'InvokeModelWithResponseStream']);
  });

  it('installs its middleware once, first for the input and last for the request', () => {
    const bedrock = client();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    registerBedrockClientCallbacks(bedrock, ['InvokeModel', 'Converse'], { payi });
    const ours = bedrock.middlewareStack.identify().filter((line) => line.startsWith('payi'));
    expect(ours).toEqual([
      'payiCallMiddleware - initialize',
      'payiSigningMiddleware - before httpSigningMiddleware',
      'payiAttemptMiddleware - deserialize',
    ]);
  });

  it('does without the SDK’s signer, last in its step', () => {
    const bedrock = client();
    const stack = (): string[] => bedrock.middlewareStack.identify();
    bedrock.middlewareStack.remove('httpSigningMiddleware');
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    expect(stack().indexOf('payiSigningMiddleware - build')).toBeGreaterThan(
      stack().indexOf('hostHeaderMiddleware - build'),
    );
  });

  it('leaves no trace once every registration is undone', () => {
    const bedrock = client();
    const before = { keys: Reflect.ownKeys(bedrock), stack: bedrock.middlewareStack.identify() };
    const first = registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const second = registerBedrockClientCallbacks(bedrock, ['InvokeModel', 'Converse'], { payi });
    first.unregister();
    second.unregister();
    expect({ keys: Reflect.ownKeys(bedrock), stack: bedrock.middlewareStack.identify() }).toEqual(before);
    expect(registeredOperations(bedrock)).toEqual([]);
  });

  it('undoes exactly its own registration, once', () => {
    const bedrock = client();
    const first = registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const second = registerBedrockClientCallbacks(bedrock, ['InvokeModel', 'Converse'], { payi });
    second.unregister();
    second.unregister();
    expect(registeredOperations(bedrock)).toEqual(['InvokeModel']);
    first.unregister();
    expect(registeredOperations(bedrock)).toEqual([]);
  });

  it('registers anew after everything was undone', () => {
    const bedrock = client();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi }).unregister();
    registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
    expect(registeredOperations(bedrock)).toEqual(['Converse']);
  });

  it('leaves middleware of the application in place', () => {
    const bedrock = client();
    bedrock.middlewareStack.add((next) => next, { step: 'build', name: 'theirs', tags: ['PAYI'] });
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi }).unregister();
    expect(bedrock.middlewareStack.identify()).toContain('theirs - build');
  });

  it('keeps the options of the first registration and says so', () => {
    const heard: Diagnostic[] = [];
    const other = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    const bedrock = client();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    registerBedrockClientCallbacks(bedrock, ['InvokeModel', 'Converse'], { payi: other });
    expect(heard).toMatchObject([{ code: 'REGISTRATION_IGNORED', operation: 'InvokeModel' }]);
  });

  it('says nothing when the same options are registered again', () => {
    const heard: Diagnostic[] = [];
    const same = createPayi({ route: 'headers', onDiagnostic: (diagnostic) => heard.push(diagnostic) });
    const onRequest = (): void => {};
    const bedrock = client();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi: same, onRequest });
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi: same, onRequest });
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi: same });
    expect(heard).toEqual([]);
  });

  it('works on the aggregated client', () => {
    const bedrock = new BedrockRuntime(config);
    registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
    expect(registeredOperations(bedrock)).toEqual(['Converse']);
  });

  it.each([
    ['InvokeModelCommand'],
    ['invokeModel'],
    [''],
    [undefined],
    [42],
    [['InvokeModel', 'Nonsense']],
    [[]],
  ])('refuses the operation %j', (operation) => {
    const bedrock = client();
    expect(() => registerBedrockClientCallbacks(bedrock, operation as never, { payi })).toThrow(
      ConfigurationError,
    );
    expect(bedrock.middlewareStack.identify().join()).not.toContain('payi');
  });

  it.each(['ApplyGuardrail', 'InvokeModelWithBidirectionalStream', 'StartAsyncInvoke'] as const)(
    'registers %s on every route',
    (operation) => {
      for (const route of ['direct', 'proxy', 'headers'] as const) {
        const options = { payi: createPayi({ apiKey: 'key', route }) };
        expect(registerBedrockClientCallbacks(client(), operation, options).operations).toEqual([operation]);
      }
    },
  );

  it.each(['CountTokens', 'GetAsyncInvoke', 'InvokeGuardrailChecks', 'ListAsyncInvokes'] as const)(
    'registers %s on route headers and refuses it on route proxy with the reason',
    (operation) => {
      expect(registerBedrockClientCallbacks(client(), operation, { payi }).operations).toEqual([operation]);
      const proxy = createPayi({ apiKey: 'key' });
      expect(() => registerBedrockClientCallbacks(client(), operation, { payi: proxy })).toThrow(
        `${operation} cannot take route 'proxy': Pay-i meters InvokeModel, InvokeModelWithResponseStream, Converse, ConverseStream`,
      );
    },
  );

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a record', {}],
    ['a function', () => {}],
    ['a client of another service', { ...client(), config: { ...client().config, serviceId: 'S3' } }],
  ])('refuses %s as a client and lists what is missing', (_, value) => {
    const register = (): unknown => registerBedrockClientCallbacks(value as never, 'InvokeModel', { payi });
    expect(register).toThrow(UnsupportedClientError);
    expect(register).toThrow("config.serviceId 'Bedrock Runtime'");
  });

  it('refuses what createPayi() made in the place of options', () => {
    expect(() => registerBedrockClientCallbacks(client(), 'InvokeModel', payi as never)).toThrow(
      'route is an option of createPayi(): give registerBedrockClientCallbacks() what that returned, as { payi }',
    );
  });

  it('refuses options that createPayi() did not make', () => {
    expect(() =>
      registerBedrockClientCallbacks(client(), 'InvokeModel', {
        payi: { route: 'headers', baseUrl: '' } as Payi,
      }),
    ).toThrow(ConfigurationError);
  });

  describe('with the environment', () => {
    beforeEach(() => {
      for (const name of ['PAYI_API_KEY', 'ASCERTA_API_KEY', 'PAYI_BASE_URL', 'ASCERTA_BASE_URL']) {
        vi.stubEnv(name, undefined);
      }
    });
    afterEach(() => vi.unstubAllEnvs());

    it('refuses route proxy without a key and names the ways out', () => {
      expect(() => registerBedrockClientCallbacks(client(), 'InvokeModel')).toThrow(
        /apiKey to createPayi\(\).*ASCERTA_API_KEY.*PAYI_API_KEY/,
      );
    });

    it.each(['PAYI_API_KEY', 'ASCERTA_API_KEY'])('takes the key from %s', (name) => {
      vi.stubEnv(name, 'key');
      expect(registerBedrockClientCallbacks(client(), 'InvokeModel').operations).toEqual(['InvokeModel']);
    });
  });
});

describe('extraHeaders', () => {
  /** A client whose requests end at the transport, so that a call which was not refused is seen. */
  function deafClient(): { bedrock: BedrockRuntimeClient; sent: unknown[] } {
    const sent: unknown[] = [];
    const requestHandler = {
      handle(request: unknown): never {
        sent.push(request);
        throw new Error('the request left the SDK');
      },
    };
    return { bedrock: new BedrockRuntimeClient({ ...config, requestHandler, maxAttempts: 1 }), sent };
  }

  it('on an operation that is not registered are refused before anything is sent', async () => {
    const { bedrock, sent } = deafClient();
    registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
    const command = new InvokeModelCommand({ modelId: 'm', body: '{}', extraHeaders: { 'x-a': 'b' } });
    const error = await bedrock.send(command).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnregisteredOperationError);
    expect(error).toMatchObject({ operation: 'InvokeModel', registeredOperations: ['Converse'] });
    expect((error as Error).message).toContain("registerBedrockClientCallbacks(client, 'InvokeModel')");
    expect(sent).toEqual([]);
  });

  it.each([
    ['Host', 'evil.example'],
    ['authorization', 'Bearer x'],
    ['X-Amz-Date', '20200101T000000Z'],
    ['x-amz-security-token', 'x'],
    ['amz-sdk-request', 'attempt=9'],
    ['Connection', 'close'],
    ['keep-alive', '1'],
    ['Proxy-Authorization', 'x'],
    ['te', 'trailers'],
    ['trailer', 'x'],
    ['Transfer-Encoding', 'chunked'],
    ['upgrade', 'h2c'],
    ['content-length', '1'],
    ['Content-Type', 'text/plain'],
    ['accept', '*/*'],
    ['x_user', 'a'],
    ['xProxy-Api-Key', 'stolen'],
    ['xproxy-provider-baseuri', 'https://elsewhere.example'],
    [':authority', 'x'],
    ['', 'x'],
    ['a b', 'x'],
    ['ünïcode', 'x'],
    ['useCaseName', 'text_generation'],
  ])('refuse the name %j before anything is sent', async (name, value) => {
    const { bedrock, sent } = deafClient();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const command = new InvokeModelCommand({ modelId: 'm', body: '{}', extraHeaders: { [name]: value } });
    const error = await bedrock.send(command).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidAnnotationError);
    expect((error as InvalidAnnotationError).key).toBe(`extraHeaders[${JSON.stringify(name)}]`);
    expect(sent).toEqual([]);
  });

  it.each([
    ['a line break', 'a\r\nb', 'HEADER_ENCODING'],
    ['NUL', 'a\0b', 'HEADER_ENCODING'],
    ['text beyond ASCII', 'naïve', 'HEADER_ENCODING'],
    ['a blank at its end', 'secret ', 'HEADER_ENCODING'],
    ['eight thousand and one bytes', 'x'.repeat(8001), 'HEADER_ENCODING'],
    ['a number', 7, 'INVALID_ANNOTATION'],
    ['a list', ['secret'], 'INVALID_ANNOTATION'],
  ])('refuse a value with %s and do not repeat it', async (_, value, code) => {
    const { bedrock, sent } = deafClient();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const extraHeaders = { 'x-custom': value as string };
    const command = new InvokeModelCommand({ modelId: 'm', body: '{}', extraHeaders });
    const error = (await bedrock.send(command).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code, key: 'extraHeaders["x-custom"]' });
    expect(error.message).not.toContain(String(value));
    expect(sent).toEqual([]);
  });

  it.each([
    ['text', 'xProxy-User-ID: a'],
    ['a function', () => ({})],
    ['a promise', Promise.resolve({})],
    ['a number', 1],
    ['null', null],
    ['a list of lines', ['xProxy-User-ID: a']],
    ['a list of two letters', ['ab']],
    ['a list of numbers', [1]],
    ['pairs without a value', [['xProxy-User-ID']]],
    [
      'what cannot be read',
      {
        get 'xProxy-User-ID'() {
          throw new Error('no');
        },
      },
    ],
  ])('refuse %s in place of a record', async (_, extraHeaders) => {
    const { bedrock, sent } = deafClient();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const command = new InvokeModelCommand({ modelId: 'm', body: '{}', extraHeaders: extraHeaders as never });
    await expect(bedrock.send(command)).rejects.toMatchObject({ code: 'INVALID_ANNOTATION' });
    expect(sent).toEqual([]);
  });

  it('refuse an annotation header that Pay-i could not read', async () => {
    const { bedrock, sent } = deafClient();
    registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const extraHeaders = { 'xProxy-UseCase-Version': 'two' };
    const command = new InvokeModelCommand({ modelId: 'm', body: '{}', extraHeaders });
    await expect(bedrock.send(command)).rejects.toMatchObject({ key: 'useCaseVersion' });
    expect(sent).toEqual([]);
  });
});

// Last: modules that are loaded later would come from the other copy.
describe('two copies of the package in one process', () => {
  async function otherCopy(): Promise<typeof import('./register-callbacks.ts')> {
    vi.resetModules();
    return import('./register-callbacks.ts');
  }

  it('see each other’s registrations and share one set of middleware', async () => {
    const other = await otherCopy();
    expect(other.registerBedrockClientCallbacks).not.toBe(registerBedrockClientCallbacks);
    const bedrock = client();
    const first = registerBedrockClientCallbacks(bedrock, 'InvokeModel', { payi });
    const second = other.registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
    expect(registeredOperations(bedrock)).toEqual(other.registeredOperations(bedrock));
    expect(bedrock.middlewareStack.identify().filter((line) => line.startsWith('payi'))).toHaveLength(3);
    first.unregister();
    expect(registeredOperations(bedrock)).toEqual(['Converse']);
    second.unregister();
    expect(bedrock.middlewareStack.identify().join()).not.toContain('payi');
  });
});
