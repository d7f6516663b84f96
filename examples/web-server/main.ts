import { deepStrictEqual } from 'node:assert/strict';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { registerBedrockClientCallbacks } from '@payi/bedrock';
import { runExample } from '@payi-internal/examples';
import { createAnswer } from './answer.ts';
import { startExpress } from './express-server.ts';
import { startFastify } from './fastify-server.ts';
import { startHono } from './hono-server.ts';
import { askServer } from './server.ts';

const users = ['ada', 'grace', 'linus', 'margaret'];
const frameworks = { Express: startExpress, Fastify: startFastify, Hono: startHono };
const useCaseOf = (framework: string): string => `ask_${framework.toLowerCase()}`;

await runExample({
  providers: ['AWS Bedrock'],
  atPayi: [`the use cases ${Object.keys(frameworks).map(useCaseOf).join(', ')}`],
  run: async () => {
    const client = new BedrockRuntimeClient();
    registerBedrockClientCallbacks(client, 'Converse');
    for (const [framework, start] of Object.entries(frameworks)) {
      const server = await start(createAnswer(client));
      const responses = await Promise.all(
        users.map((userId) =>
          askServer(server, `What is new for ${userId}?`, {
            'x-user-id': userId,
            'x-use-case-name': useCaseOf(framework),
          }),
        ),
      );
      await server.close();
      const statuses = responses.map(({ status }) => status);
      console.log(`${framework}: ${users.length} requests at the same time, answered ${statuses.join(', ')}`);
      deepStrictEqual(statuses, [200, 200, 200, 200]);
    }
    client.destroy();
  },
  report: ({ payi }) => {
    const booked = payi.ledger.map(({ annotations }) => annotations);
    for (const framework of Object.keys(frameworks)) {
      console.log(`\n${framework} at Pay-i:`);
      for (const user of users) {
        const calls = booked.filter(
          (entry) => entry.userId === user && entry.useCaseName === useCaseOf(framework),
        );
        const instances = new Set(calls.map(({ useCaseId }) => useCaseId));
        console.log(`  ${user.padEnd(10)} ${calls.length} calls, ${instances.size} use case instance`);
        deepStrictEqual([calls.length, instances.size], [2, 1]);
      }
    }
    console.log('\nEvery call was booked on the user whose request it was made for.');
  },
});
