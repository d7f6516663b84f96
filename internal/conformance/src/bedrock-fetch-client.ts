import { EventStreamCodec } from '@smithy/eventstream-codec';
import { AwsV4Signer } from 'aws4fetch';
import type { Destination, Request, Sent } from './surface.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const codec = new EventStreamCodec(
  (bytes) => decoder.decode(bytes as Uint8Array),
  (text) => encoder.encode(text),
);

/** What a call asks for: the last segment of its path, and its body. */
export interface BedrockAction {
  readonly action: 'invoke' | 'invoke-with-response-stream' | 'converse' | 'converse-stream';
  readonly body: object;
}

/**
 * A client of Bedrock as people write it where there is no AWS SDK: it signs, adds headers that are not to be signed, and
 * calls a `fetch`. It does not retry.
 */
export async function sendSigned(
  fetch: typeof globalThis.fetch,
  { action, body }: BedrockAction,
  model: string,
  { headers, signal }: Request,
  { url, credentials }: Destination,
): Promise<Sent> {
  const origin = url ?? 'https://bedrock-runtime.us-east-1.amazonaws.com';
  const signer = new AwsV4Signer({
    ...credentials,
    url: `${origin}/model/${encodeURIComponent(model)}/${action}`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    service: 'bedrock',
    region: 'us-east-1',
  });
  const signed = await signer.sign();
  for (const name in headers) signed.headers.set(name, headers[name] as string);
  const response = await fetch(signed.url.href, {
    method: signed.method,
    headers: signed.headers,
    body: signed.body as string,
    ...(signal && { signal }),
  });
  if (!response.ok) {
    const error = Object.assign(new Error(`HTTP ${response.status}`), await response.json());
    throw Object.assign(error, { headers: response.headers });
  }
  if (!action.endsWith('stream')) {
    await response.text();
    return { answer: response };
  }
  return { answer: response, events: eventsOf(response.body as ReadableStream<Uint8Array>) };
}

/** The events of a stream, as the AWS SDK shows them. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void> {
  let rest = new Uint8Array(0);
  for await (const chunk of body) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = Buffer.from(rest).readUInt32BE();
      if (rest.length < length) break;
      const { headers, body: payload } = codec.decode(rest.subarray(0, length));
      rest = rest.subarray(length);
      const value = JSON.parse(decoder.decode(payload)) as { bytes?: string };
      const exception = headers[':exception-type']?.value as string | undefined;
      if (exception !== undefined) {
        const name = exception.charAt(0).toUpperCase() + exception.slice(1);
        throw Object.assign(new Error(name), { name });
      }
      const type = headers[':event-type']?.value as string;
      yield type === 'chunk'
        ? { chunk: { bytes: Buffer.from(value.bytes ?? '', 'base64') } }
        : { [type]: value };
    }
  }
}
