import * as http from 'node:http';
import type { Message } from '@smithy/eventstream-codec';
import * as frames from '../../event-stream-frame.ts';
import { type ListenOptions, listen, type RunningServer, type ServerHandler } from '../../listen.ts';
import { type ReceivedRequest, receiveRequest } from '../proxy-received-request.ts';
import { readBody } from '../proxy-relay.ts';

/** A provider that answers as the test says and records its requests. */
export interface ScriptedProvider extends RunningServer {
  readonly requests: ReceivedRequest[];
  /** How the next requests are answered; the request body has been read. */
  answer: ServerHandler;
}

export async function startProvider(options?: ListenOptions): Promise<ScriptedProvider> {
  const requests: ReceivedRequest[] = [];
  const server = await listen(async (request, response) => {
    requests.push(await receiveRequest(request));
    await provider.answer(request, response);
  }, options);
  const provider: ScriptedProvider = { ...server, requests, answer: answerJson({}) };
  return provider;
}

export function answerJson(body: object, statusCode = 200, headers: http.OutgoingHttpHeaders = {}): ServerHandler {
  return (_request, response) => {
    response.writeHead(statusCode, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Answers with an event stream, all of it at once. */
export function answerStream(...frames: readonly Uint8Array[]): ServerHandler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.end(Buffer.concat(frames));
  };
}

/** One event of a ConverseStream answer. */
export function eventFrame(type: string, payload: object): Uint8Array {
  return frames.encodeFrame(frames.eventFrame(type, payload));
}

/** One chunk of an InvokeModelWithResponseStream answer, with padding as AWS adds it. */
export function chunkFrame(payload: object): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(payload)).toString('base64');
  return eventFrame('chunk', { bytes, p: 'abcdefghij' });
}

export function exceptionFrame(type: string, message: string): Uint8Array {
  return frames.encodeFrame(frames.exceptionFrame(type, { message }));
}

/** The messages of an event stream body that holds nothing else. */
export function decodeFrames(body: Uint8Array): Message[] {
  return splitFrames(body).map((frame) => frames.eventStreamCodec.decode(frame));
}

export function splitFrames(body: Uint8Array): Buffer[] {
  const split: Buffer[] = [];
  let rest = Buffer.from(body);
  while (rest.length > 0) {
    const length = rest.readUInt32BE(0);
    split.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return split;
}

export function payloadOf(message: Message): Record<string, unknown> {
  return JSON.parse(Buffer.from(message.body).toString());
}

/** The JSON in a chunk's `bytes`. */
export function chunkOf(message: Message): Record<string, unknown> {
  return JSON.parse(Buffer.from(payloadOf(message).bytes as string, 'base64').toString());
}

export interface PlainAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  json(): Record<string, any>;
}

/** Sends one request with nothing but Node's own client. */
export async function send(
  url: string,
  headers: Record<string, string | string[]> | readonly string[] = {},
  body: string | Uint8Array = '{}',
  method = 'POST',
): Promise<PlainAnswer> {
  const response = await open(url, headers, body, method);
  const bytes = await readBody(response);
  return {
    status: response.statusCode as number,
    headers: response.headers,
    body: bytes,
    json: () => JSON.parse(bytes.toString()),
  };
}

/** Like {@link send}, but returns the answer with its body unread. */
export async function open(
  url: string,
  headers: Record<string, string | string[]> | readonly string[] = {},
  body: string | Uint8Array = '{}',
  method = 'POST',
): Promise<http.IncomingMessage> {
  const { hostname, port, pathname } = new URL(url);
  // The path is taken from the text: `URL` would resolve dot segments.
  const path = url.slice(url.indexOf(pathname.slice(0, 8), 8));
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers, agent: false }, resolve);
    request.on('error', reject);
    request.end(body);
  });
}
