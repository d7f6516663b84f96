import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningBedrock, type StartBedrockOptions, startBedrock } from './start-bedrock.ts';

let bedrock: RunningBedrock;
afterEach(() => bedrock.close());

async function start(options?: StartBedrockOptions): Promise<void> {
  bedrock = await startBedrock(options);
}

/** The part of the SDK's request that these tests change. */
interface SignedRequest {
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Sends one call, with a chance to change the request after it was signed. */
async function send(config: Partial<BedrockRuntimeClientConfig>, tamper?: (request: SignedRequest) => void) {
  const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...config });
  client.middlewareStack.add(
    (next) => (args) => {
      tamper?.(args.request as SignedRequest);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const command = new ConverseCommand({
    modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  });
  try {
    return await client.send(command);
  } finally {
    client.destroy();
  }
}

const invalid = { name: 'InvalidSignatureException', $metadata: { httpStatusCode: 403 } };
const unrecognized = { name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 403 } };

describe.each([
  ['HTTP/2', ':authority', () => ({})],
  ['HTTP/1.1', 'host', () => ({ requestHandler: new NodeHttpHandler() })],
])('a call of the real client over %s', (_protocol, hostHeader, handler) => {
  it(`is accepted, with ${hostHeader} among its signed headers`, async () => {
    await start();
    await send(handler());
    expect(bedrock.requests[0]?.signature).toEqual({
      scheme: 'sigv4',
      valid: true,
      signedHeaders: expect.arrayContaining([hostHeader, 'x-amz-content-sha256', 'x-amz-date']),
    });
  });

  it.each<[string, string, (request: SignedRequest) => void]>([
    ['its host', 'signature does not match', ({ headers }) => (headers[hostHeader] = 'elsewhere.example')],
    [
      'the encoding of its path',
      'signature does not match',
      (request) => (request.path = decodeURIComponent(request.path)),
    ],
    ['its query', 'signature does not match', (request) => (request.query = { added: 'yes' })],
    [
      'its body',
      'x-amz-content-sha256 is not the SHA-256 of the body',
      (request) =>
        (request.body = Buffer.from(Buffer.concat([request.body]).toString().replace('Hello', 'HELLO'))),
    ],
    [
      'its body and the hash of it',
      'signature does not match',
      (request) => {
        request.body = Buffer.alloc(request.body.length);
        delete request.headers['x-amz-content-sha256'];
        dropFromSignedHeaders(request, 'x-amz-content-sha256');
      },
    ],
    [
      'a signed header',
      'signature does not match',
      ({ headers }) => (headers['x-amz-user-agent'] = 'someone-else'),
    ],
    [
      'a signed header by leaving it out',
      'the signed header x-amz-user-agent is missing',
      ({ headers }) => delete headers['x-amz-user-agent'],
    ],
    [
      'a signed header by taking it off the list',
      'signature does not match',
      (request) => dropFromSignedHeaders(request, 'x-amz-user-agent'),
    ],
  ])('is refused when somebody changed %s after signing', async (_what, reason, tamper) => {
    await start();
    await expect(send(handler(), tamper)).rejects.toMatchObject(invalid);
    expect(bedrock.requests[0]?.signature).toMatchObject({
      valid: false,
      reason: expect.stringContaining(reason),
    });
  });

  it('is refused when its host is not signed', async () => {
    await start();
    await expect(
      send(handler(), (request) => dropFromSignedHeaders(request, hostHeader)),
    ).rejects.toMatchObject({
      ...invalid,
      message: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    });
  });

  it('is accepted when unsigned headers were added or a run of blanks was shortened', async () => {
    await start();
    await send(handler(), ({ headers }) => {
      headers['xproxy-user-id'] = 'sofia';
      headers['x-amz-user-agent'] = headers['x-amz-user-agent']?.replaceAll(' ', '   ') ?? '';
    });
    expect(bedrock.requests[0]?.signature.valid).toBe(true);
    expect(bedrock.requests[0]?.headers['xproxy-user-id']).toBe('sofia');
  });

  it('is refused when an xProxy header was signed and then taken off, as Pay-i takes it off', async () => {
    await start();
    const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...handler() });
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as SignedRequest).headers['xProxy-User-ID'] = 'sofia';
        return next(args);
      },
      { step: 'build' },
    );
    client.middlewareStack.add(
      (next) => (args) => {
        delete (args.request as SignedRequest).headers['xProxy-User-ID'];
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const call = client.send(new ConverseCommand({ modelId: 'm', messages: [] }));
    await expect(call).rejects.toMatchObject(invalid);
    expect(bedrock.requests[0]?.signature.reason).toBe('the signed header xproxy-user-id is missing');
    client.destroy();
  });

  it('is refused when signed for another region, service or secret', async () => {
    await start();
    const message = 'Credential should be scoped to';
    await expect(send({ ...handler(), region: 'eu-west-1' })).rejects.toMatchObject({
      ...invalid,
      message: `${message} a valid region.`,
    });
    const asS3 = ({ headers }: SignedRequest) => {
      headers.authorization = headers.authorization?.replace('/bedrock/', '/s3/') ?? '';
    };
    await expect(send(handler(), asS3)).rejects.toMatchObject({
      ...invalid,
      message: `${message} correct service: 'bedrock'.`,
    });
    const yesterday = ({ headers }: SignedRequest) => {
      headers.authorization = headers.authorization?.replace(/\/\d{8}\//, '/20200101/') ?? '';
    };
    await expect(send(handler(), yesterday)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('Date in Credential scope does not match'),
    });
    const credentials = { ...bedrock.credentials, secretAccessKey: 'wrong' };
    await expect(send({ ...handler(), credentials })).rejects.toMatchObject(invalid);
  });

  it('is refused when its access key is unknown', async () => {
    await start();
    const credentials = { ...bedrock.credentials, accessKeyId: 'AKIASOMEONEELSE' };
    await expect(send({ ...handler(), credentials })).rejects.toMatchObject({
      ...unrecognized,
      message: 'The security token included in the request is invalid.',
    });
  });

  it('is refused when temporary credentials come without their token, or with another', async () => {
    const credentials = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 'secret', sessionToken: 'token' };
    await start({ credentials });
    await send(handler());
    const { sessionToken: _, ...permanent } = credentials;
    await expect(send({ ...handler(), credentials: permanent })).rejects.toMatchObject(unrecognized);
    const other = { ...credentials, sessionToken: 'other' };
    await expect(send({ ...handler(), credentials: other })).rejects.toMatchObject(unrecognized);
  });

  it('is refused when it was signed more than five minutes ago, by the clock the server was given', async () => {
    await start({ now: () => new Date(Date.now() + 6 * 60_000) });
    await expect(send(handler())).rejects.toMatchObject({
      ...invalid,
      message: expect.stringMatching(/^Signature expired: \d{8}T\d{6}Z is now earlier than/),
    });
  });

  it('is refused without x-amz-date', async () => {
    await start();
    const withoutDate = ({ headers }: SignedRequest) => delete headers['x-amz-date'];
    await expect(send(handler(), withoutDate)).rejects.toMatchObject({
      name: 'IncompleteSignatureException',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('is refused without an authorization header, or with a malformed one', async () => {
    await start();
    const without = ({ headers }: SignedRequest) => delete headers.authorization;
    await expect(send(handler(), without)).rejects.toMatchObject({
      name: 'MissingAuthenticationTokenException',
      $metadata: { httpStatusCode: 403 },
    });
    expect(bedrock.requests[0]?.signature).toMatchObject({ scheme: 'none', valid: false });
    const malformed = ({ headers }: SignedRequest) => (headers.authorization = 'AWS4-HMAC-SHA256 nonsense');
    await expect(send(handler(), malformed)).rejects.toMatchObject({
      name: 'IncompleteSignatureException',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('is accepted with the bearer token and refused with another', async () => {
    await start();
    const bearer = (token: string) => ({
      ...handler(),
      token: { token },
      authSchemePreference: ['httpBearerAuth'],
    });
    await send(bearer(bedrock.bearerToken));
    await expect(send(bearer('another'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
    });
    expect(bedrock.requests.map(({ signature }) => signature)).toMatchObject([
      { scheme: 'bearer', valid: true, signedHeaders: [] },
      { scheme: 'bearer', valid: false, signedHeaders: [] },
    ]);
  });

  it('is judged by the host it was signed for when the server goes by another name', async () => {
    await start({ expectedHosts: ['bedrock-runtime.us-east-1.amazonaws.com'] });
    await expect(send(handler())).rejects.toMatchObject(invalid);
    expect(bedrock.requests[0]?.signature.reason).toContain('bedrock-runtime.us-east-1.amazonaws.com');

    const client = new BedrockRuntimeClient({ ...bedrock.clientConfig, maxAttempts: 1, ...handler() });
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as SignedRequest).headers[hostHeader] = 'bedrock-runtime.us-east-1.amazonaws.com';
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    await client.send(new ConverseCommand({ modelId: 'm', messages: [] }));
    client.destroy();
  });

  it('is answered whatever its signature when verification is off, and judged all the same', async () => {
    await start({ verifySignatures: false });
    await send({ ...handler(), region: 'eu-west-1' });
    expect(bedrock.requests[0]).toMatchObject({ status: 200, signature: { valid: false } });
  });
});

function dropFromSignedHeaders({ headers }: SignedRequest, name: string): void {
  const list = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const shorter = list
    .split(';')
    .filter((candidate) => candidate !== name)
    .join(';');
  headers.authorization = headers.authorization?.replace(list, shorter) ?? '';
}
