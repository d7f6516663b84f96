/** The local providers and a local Pay-i, in a process of their own: their processor time is not what is measured. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { startBedrock, startPayi } from '@payi/testkit';
import {
  anthropicStream,
  bedrockStream,
  claudeBody,
  eventCount,
  openaiBody,
  openaiStream,
  type Wanted,
} from './answers.ts';
import type { Addresses, Seen } from './start-servers.ts';

interface Question {
  readonly messages: readonly [{ readonly content: Wanted }];
}

const providerUsers: (string | undefined)[] = [];

const bedrock = await startBedrock({
  answer: ({ json, request }) => {
    providerUsers.push(request.headers['xproxy-user-id']);
    const wanted = (json as unknown as Question).messages[0].content;
    if (eventCount(wanted) !== undefined) {
      return { events: bedrockStream(wanted).map((bytes) => ({ bytes })) };
    }
    return {
      bytes: claudeBody(wanted),
      contentType: 'application/json',
      headers: {
        'x-amzn-bedrock-input-token-count': '12',
        'x-amzn-bedrock-output-token-count': '34',
        'x-amzn-bedrock-invocation-latency': '812',
      },
    };
  },
});

/** OpenAI's chat completions and Anthropic's messages. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  providerUsers.push(request.headers['xproxy-user-id'] as string | undefined);
  const wanted = ((await json(request)) as Question).messages[0].content;
  const isAnthropic = request.url?.endsWith('/messages') ?? false;
  if (eventCount(wanted) === undefined) {
    const body = isAnthropic ? claudeBody(wanted) : openaiBody(wanted);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const bytes of isAnthropic ? anthropicStream(wanted) : openaiStream(wanted)) {
    if (!response.write(bytes)) await once(response, 'drain');
  }
  response.end();
}

const api = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.destroy(error as Error));
});
api.keepAliveTimeout = 0;
api.listen(0, '127.0.0.1');
await once(api, 'listening');
const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;

const payi = await startPayi({ upstream: { 'api.openai.com': apiUrl, 'api.anthropic.com': apiUrl } });

// What was asked stays in memory for tests to look at; a benchmark asks too often for that.
setInterval(() => {
  for (const requests of [bedrock.requests, payi.requests]) (requests as unknown[]).length = 0;
}, 500);

let entriesSeen = 0;
process.on('message', () => {
  const entries = payi.ledger.slice(entriesSeen);
  entriesSeen += entries.length;
  const seen: Seen = {
    providerUsers: providerUsers.splice(0).map((user) => user ?? null),
    payiUsers: entries.map(({ annotations }) => annotations.userId ?? null),
  };
  process.send?.(seen);
});
process.on('disconnect', () => process.exit());
const addresses: Addresses = {
  bedrock: bedrock.clientConfig,
  apiUrl,
  payi: { url: payi.url, apiKey: payi.apiKey },
};
process.send?.(addresses);
