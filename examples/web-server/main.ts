import { deepStrictEqual } from 'node:assert/strict';
import { startEmbeddedBackend } from './embedded-backend.ts';
import { startExpress } from './express-server.ts';
import { startFastify } from './fastify-server.ts';
import { startHono } from './hono-server.ts';
import { askServer } from './server.ts';

const users = ['ada', 'grace', 'linus', 'margaret'];
const backend = await startEmbeddedBackend();
try {
  for (const [framework, start] of Object.entries({
    Express: startExpress,
    Fastify: startFastify,
    Hono: startHono,
  })) {
    const server = await start(backend.answer);
    const useCaseName = `ask_${framework.toLowerCase()}`;
    await Promise.all(
      users.map((userId) =>
        askServer(server, `What is new for ${userId}?`, {
          'x-user-id': userId,
          'x-use-case-name': useCaseName,
        }),
      ),
    );
    await server.close();

    console.log(`\n${framework}: ${users.length} requests at the same time, two calls each`);
    const booked = backend.payi.ledger.map(({ annotations }) => annotations);
    for (const user of users) {
      const calls = booked.filter((entry) => entry.userId === user && entry.useCaseName === useCaseName);
      const instances = new Set(calls.map(({ useCaseId }) => useCaseId));
      console.log(`  ${user.padEnd(10)} ${calls.length} calls, ${instances.size} use case instance`);
      deepStrictEqual([calls.length, instances.size], [2, 1]);
    }
  }
  console.log('\nEvery call was booked on the user whose request it was made for.');
} finally {
  await backend.close();
}
