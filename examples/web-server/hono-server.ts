import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Answer } from './answer.ts';
import { payiContext } from './hono-middleware.ts';
import { isRefusedAnnotation, type Question, type RunningServer } from './server.ts';

export async function startHono(answer: Answer): Promise<RunningServer> {
  const app = new Hono();
  app.use(payiContext);
  app.onError((error, context) => {
    const isBadRequest = isRefusedAnnotation(error);
    return context.json({ error: isBadRequest ? error.message : 'failed' }, isBadRequest ? 400 : 500);
  });
  app.post('/ask', async (context) => {
    const { question } = await context.req.json<Question>();
    return context.json({ answer: await answer(question) });
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
