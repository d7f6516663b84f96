import { fastify } from 'fastify';
import type { Answer } from './answer.ts';
import { payiContext } from './fastify-hook.ts';
import { isRefusedAnnotation, type Question, type RunningServer } from './server.ts';

export async function startFastify(answer: Answer): Promise<RunningServer> {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('preHandler', payiContext);
  app.setErrorHandler((error, _request, reply) => {
    const isBadRequest = isRefusedAnnotation(error);
    return reply.code(isBadRequest ? 400 : 500).send({ error: isBadRequest ? error.message : 'failed' });
  });
  app.post('/ask', async (request) => {
    const { question } = request.body as Question;
    return { answer: await answer(question) };
  });
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
}
