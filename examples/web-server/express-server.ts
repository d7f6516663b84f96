import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import type { Answer } from './answer.ts';
import { payiContext } from './express-middleware.ts';
import { isRefusedAnnotation, type Question, type RunningServer } from './server.ts';

/** Express calls an error handler only if it takes four arguments. */
const refuseBadAnnotations: ErrorRequestHandler = (error, _request, response, _next) => {
  const isBadRequest = isRefusedAnnotation(error);
  response.status(isBadRequest ? 400 : 500).json({ error: isBadRequest ? error.message : 'failed' });
};

export async function startExpress(answer: Answer): Promise<RunningServer> {
  const app = express();
  app.use(payiContext);
  app.use(express.json());
  app.post('/ask', async (request, response) => {
    const { question } = request.body as Question;
    response.json({ answer: await answer(question) });
  });
  app.use(refuseBadAnnotations);
  const server = app.listen(0, '127.0.0.1');
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
