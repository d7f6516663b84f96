// One process, two copies of each package: one imported, one required. Prints what they know of each other.
import { createRequire } from 'node:module';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import * as importedAnthropic from '@payi/anthropic';
import * as importedBedrock from '@payi/bedrock';
import * as importedCore from '@payi/core';
import * as importedContext from '@payi/core/context';
import * as importedOpenai from '@payi/openai';
import OpenAI from 'openai';

const require = createRequire(import.meta.url);
const requiredAnthropic = require('@payi/anthropic');
const requiredBedrock = require('@payi/bedrock');
const requiredCore = require('@payi/core');
const requiredContext = require('@payi/core/context');
const requiredOpenai = require('@payi/openai');

const caught = (action) => {
  try {
    action();
  } catch (error) {
    return error;
  }
};
const importedError = caught(() => importedCore.createHeaders({ useCaseVersion: -1 }));
const requiredError = caught(() => requiredCore.createHeaders({ useCaseVersion: -1 }));

// Straight to the provider, which tells the tests what came.
const bedrock = new BedrockRuntimeClient({ endpoint: process.argv[2] });
const converse = async (userId) => {
  const response = await bedrock.send(
    new ConverseCommand({
      modelId: 'amazon.nova-lite-v1:0',
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      extraHeaders: importedCore.createHeaders({ userId }),
    }),
  );
  return requiredCore.receiptOf(response)?.annotations.userId;
};
const payi = importedCore.createPayi({ route: 'headers' });
const first = importedBedrock.registerBedrockClientCallbacks(bedrock, 'Converse', { payi });
const seenByRequired = requiredBedrock.registeredOperations(bedrock);
const second = requiredBedrock.registerBedrockClientCallbacks(bedrock, ['InvokeModel', 'Converse'], { payi });
const seenByImported = importedBedrock.registeredOperations(bedrock);
const receipts = [await converse('once')];
first.unregister();
receipts.push(await converse('still'));
receipts.push(
  await requiredContext.track({ accountName: 'of the required copy' }, () =>
    importedContext.track({ limitIds: ['of-the-imported-copy'] }, () => converse('inside')),
  ),
);
second.unregister();

// Clients of fetch, given to both copies: each call has one receipt, and the copy that did not make it finds it.
const receiptCount = { imported: 0, required: 0 };
const counting = (core, copy) => core.createPayi({ onReceipt: () => receiptCount[copy]++ });
const importedPayi = counting(importedCore, 'imported');
const requiredPayi = counting(requiredCore, 'required');
const question = [{ role: 'user', content: 'Hello' }];
const openai = requiredOpenai.withPayi(importedOpenai.withPayi(new OpenAI(), { payi: importedPayi }), {
  payi: requiredPayi,
});
const { response } = await openai.chat.completions
  .create(
    { model: 'gpt-4o', messages: question },
    { headers: requiredCore.createHeaders({ userId: 'openai' }) },
  )
  .withResponse();
const anthropic = importedAnthropic.withPayi(
  requiredAnthropic.withPayi(new Anthropic(), { payi: requiredPayi }),
  { payi: importedPayi },
);
const message = await anthropic.messages.create(
  { model: 'claude-opus-4-5', max_tokens: 100, messages: question },
  { headers: importedCore.createHeaders({ userId: 'anthropic' }) },
);
for (const answer of [response, message]) {
  const settled = await Promise.all([importedCore.whenSettled(answer), requiredCore.whenSettled(answer)]);
  receipts.push(settled[0] === settled[1] ? settled[0].annotations.userId : 'two');
}

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
    receipts,
    receiptCount: receiptCount.imported + receiptCount.required,
    left: bedrock.middlewareStack.identify().filter((line) => line.startsWith('payi')),
  }),
);
