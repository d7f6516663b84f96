import type { BedrockRequest } from './bedrock-request.ts';
import { isJsonObject, parseJson, parseJsonObject } from './json.ts';

const headerName = 'x-amzn-bedrock-request-metadata';
const longestHeader = 8500;
const characters = String.raw`[a-zA-Z0-9\s:_@$#=/+,.-]`;
const [key, value] = [new RegExp(`^${characters}{1,256}$`), new RegExp(`^${characters}{0,256}$`)];

type MetadataRequest = Pick<BedrockRequest, 'operation' | 'headers' | 'body' | 'signature'>;

/**
 * What a call brings along for AWS's model invocation logs.
 *
 * @throws {@link MetadataError} AWS would refuse the call for it.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export function readRequestMetadata(request: MetadataRequest): Readonly<Record<string, string>> | undefined {
  const given = givenMetadata(request);
  if (given === undefined) return undefined;
  const fail = (message: string): never => {
    throw new MetadataError('ValidationException', message);
  };
  if (!isJsonObject(given)) return fail('requestMetadata must be a JSON object');
  const pairs = Object.entries(given);
  if (pairs.length > 16) fail(`requestMetadata has ${pairs.length} pairs; 16 are allowed`);
  for (const [name, text] of pairs) {
    if (!key.test(name))
      fail(`the key ${JSON.stringify(name)} of requestMetadata does not match ${key.source}`);
    if (typeof text !== 'string' || !value.test(text)) {
      fail(`the value of ${JSON.stringify(name)} in requestMetadata does not match ${value.source}`);
    }
  }
  return given as Readonly<Record<string, string>>;
}

/** Converse has it in its body, InvokeModel in a header, and what the other has means nothing. */
function givenMetadata({ operation, headers, body, signature }: MetadataRequest): unknown {
  if (operation?.startsWith('Converse')) return parseJsonObject(body)?.requestMetadata ?? undefined;
  const text = operation?.startsWith('InvokeModel') ? headers[headerName] : undefined;
  if (text === undefined) return undefined;
  if (signature.scheme === 'sigv4' && !signature.signedHeaders.includes(headerName)) {
    throw new MetadataError('InvalidSignatureException', `${headerName} is not signed`);
  }
  if (text.length > longestHeader) {
    throw new MetadataError(
      'ValidationException',
      `${headerName} is longer than ${longestHeader} characters`,
    );
  }
  return parseJson(Buffer.from(text)) ?? null;
}

export class MetadataError extends Error {
  override name = 'MetadataError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}
