import { randomBytes, randomUUID } from 'node:crypto';
import { authenticate } from './authenticate.ts';
import type { BedrockAnswer } from './bedrock-answer.ts';
import { type BedrockOperation, findRoute } from './bedrock-operation.ts';
import type { BedrockRequest } from './bedrock-request.ts';
import { renderError } from './error-answer.ts';
import { type JsonObject, parseJsonObject } from './json.ts';
import type { ListenOptions } from './listen.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { renderAnswer } from './render-answer.ts';
import type { RenderedAnswer } from './rendered-answer.ts';
import { type MetadataError, readRequestMetadata } from './request-metadata.ts';
import { type ScriptedServer, serveProvider } from './serve-provider.ts';
import type { RawRequest } from './sigv4-canonical-request.ts';
import type { AwsCredentials } from './sigv4-verifier.ts';

/** A call as an `answer` function receives it. */
export interface BedrockCall {
  operation: BedrockOperation;
  /** Decoded: a model id, an inference profile or an ARN. `''` for ApplyGuardrail. */
  modelId: string;
  /** The request's body, if it is a JSON object. */
  json: JsonObject | undefined;
  request: BedrockRequest;
}

/** The credentials that the local Bedrock accepts, and its answers. */
export interface StartBedrockOptions extends ListenOptions {
  /** The key pair that requests must be signed with. @default A key pair for this server alone */
  credentials?: AwsCredentials;
  /** The API key to accept as a bearer token. @default A token for this server alone */
  bearerToken?: string;
  /** The region that signatures must be scoped to. @default 'us-east-1' */
  region?: string;
  /**
   * Decides the answer of each call that passes the signature check and has no queued answer. `undefined` gives the
   * default answer. If the function throws, the call is answered with an InternalServerException.
   */
  answer?: (call: BedrockCall) => BedrockAnswer | undefined | Promise<BedrockAnswer | undefined>;
  /** The clock for the age of signatures. @default The system's clock */
  now?: () => Date;
  /** With `false`, requests with an invalid signature are answered too; the verdict is recorded. @default true */
  verifySignatures?: boolean;
  /**
   * The only values of `host` (or `:authority`) to accept in a signed request, e.g.
   * `['bedrock-runtime.us-east-1.amazonaws.com']` when a proxy forwards requests that were signed for AWS. Without the
   * list, any host is accepted if the signature covers it.
   */
  expectedHosts?: readonly string[];
}

/** A local Bedrock runtime that accepts requests until it is closed. */
export interface RunningBedrock extends ScriptedServer<BedrockRequest, BedrockAnswer> {
  readonly credentials: AwsCredentials;
  readonly bearerToken: string;
  readonly region: string;
  /** Options for `new BedrockRuntimeClient(…)`. */
  readonly clientConfig: { region: string; endpoint: string; credentials: AwsCredentials };
}

/**
 * Starts a local AWS Bedrock runtime: it checks signatures as AWS does, answers in the formats of the real models and
 * streams real frames.
 *
 * @throws The error of the operating system when the port cannot be used.
 */
export async function startBedrock(options: StartBedrockOptions = {}): Promise<RunningBedrock> {
  const {
    credentials = {
      accessKeyId: 'AKIATESTKIT000000000',
      secretAccessKey: randomBytes(30).toString('base64'),
    },
    bearerToken = `bedrock-api-key-${randomBytes(24).toString('base64url')}`,
    region = 'us-east-1',
    now = () => new Date(),
    verifySignatures = true,
    answer = () => undefined,
    expectedHosts,
  } = options;
  let answerCount = 0;

  const decide = async (
    request: BedrockRequest,
    takeScripted: () => BedrockAnswer | undefined,
  ): Promise<RenderedAnswer> => {
    const { operation, modelId = '', signature, body, receivedAt } = request;
    if (operation === undefined) return plainError('UnknownOperationException');
    if (request.method !== 'POST') {
      return plainError('UnknownOperationException', { status: 405, headers: { allow: 'POST' } });
    }
    if (verifySignatures && !signature.valid) {
      return plainError(signature.errorType ?? 'AccessDeniedException', { message: signature.message });
    }
    try {
      const requestMetadata = readRequestMetadata(request);
      if (requestMetadata !== undefined) request.requestMetadata = requestMetadata;
    } catch (error) {
      const { type, message } = error as MetadataError;
      return plainError(type, { message });
    }
    try {
      const scripted =
        takeScripted() ?? (await answer({ operation, modelId, json: parseJsonObject(body), request }));
      answerCount += 1;
      return renderAnswer(
        { operation, modelId, body, receivedAt, answerNumber: answerCount },
        scripted ?? {},
      );
    } catch (error) {
      return plainError('InternalServerException', { message: `The scripted answer failed: ${error}` });
    }
  };

  const describe = (raw: RawRequest): Omit<BedrockRequest, keyof RecordedRequest> => ({
    ...findRoute(raw.path),
    signature: authenticate(raw, {
      credentials,
      bearerToken,
      region,
      service: 'bedrock',
      now: now(),
      ...(expectedHosts && { hosts: expectedHosts }),
    }),
  });
  const server = await serveProvider(
    {
      hosts: /^bedrock-runtime(?:-fips)?\.[\w-]+\.amazonaws\.com(?:\.cn)?$/,
      idHeader: 'x-amzn-requestid',
      newId: randomUUID,
      describe,
      decide,
    },
    options,
  );
  return {
    ...server,
    credentials,
    bearerToken,
    region,
    clientConfig: { region, endpoint: server.url, credentials },
  };
}

function plainError(
  type: string,
  details: { status?: number; message?: string | undefined; headers?: Record<string, string> } = {},
): RenderedAnswer {
  const { status, message, headers } = details;
  const error = renderError({
    type,
    ...(message !== undefined && { message }),
    ...(status !== undefined && { status }),
  });
  return { ...error, headers: { ...error.headers, ...headers }, delayMs: 0, faults: {} };
}
