// One process, two copies of each package: one imported, one required. Prints what they know of each other.
import { createRequire } from 'node:module';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import * as importedBedrock from '@payi/bedrock';
import * as importedCore from '@payi/core';
import * as importedContext from '@payi/core/context';

const require = createRequire(import.meta.url);
const requiredBedrock = require('@payi/bedrock');
const requiredCore = require('@payi/core');
const requiredContext = require('@payi/core/context');

const sent = [];
const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  requestHandler: {
    handle: async (request) => {
      const { userId, ...others } = importedCore.parseHeaders(request.headers);
      sent.push([userId, others]);
      return { response: { statusCode: 200, headers: {}, body: new Uint8Array() } };
    },
  },
});
const call = (userId) =>
  client.send(
    new InvokeModelCommand({
      modelId: 'model',
      body: '{}',
      extraHeaders: importedCore.createHeaders({ userId }),
    }),
  );
const caught = (action) => {
  try {
    action();
  } catch (error) {
    return error;
  }
};

const importedError = caught(() => importedCore.createHeaders({ useCaseVersion: -1 }));
const requiredError = caught(() => requiredCore.createHeaders({ useCaseVersion: -1 }));

const payi = importedCore.createPayi({ route: 'headers' });
const first = importedBedrock.registerBedrockClientCallbacks(client, 'InvokeModel', { payi });
const seenByRequired = requiredBedrock.registeredOperations(client);
const second = requiredBedrock.registerBedrockClientCallbacks(client, ['InvokeModel', 'Converse'], { payi });
const seenByImported = importedBedrock.registeredOperations(client);
await call('once');
first.unregister();
await call('still');
await requiredContext.track({ accountName: 'of the required copy' }, () =>
  importedContext.track({ limitIds: ['of-the-imported-copy'] }, () => call('inside')),
);
second.unregister();

console.log(
  JSON.stringify({
    distinct: importedCore.PayiError !== requiredCore.PayiError,
    errors: [
      importedError instanceof requiredCore.PayiError,
      requiredCore.isPayiError(importedError),
      importedCore.isPayiError(requiredError),
    ],
    seenByRequired,
    seenByImported,
    sent,
    left: client.middlewareStack.identify().filter((line) => line.startsWith('payi')),
  }),
);
