import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { whenSettled } from '@payi/core';
import { blockedCall } from './blocked-call.ts';
import { completeExample } from './complete-example.ts';
import { blockingLimitId, startEmbeddedBackend } from './embedded-backend.ts';
import { missingForLive } from './live.ts';
import { reportLastCall, reportLedger, reportReceipt } from './report.ts';
import { streamingExample } from './streaming-example.ts';

const { live } = parseArgs({ options: { live: { type: 'boolean', default: false } } }).values;

function heading(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}\n`);
}

/** Another example, in a process of its own: it has services of its own, and the environment names them. */
async function runExample(name: string): Promise<void> {
  const main = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  const [exitCode] = await once(spawn(process.execPath, [main], { stdio: 'inherit' }), 'exit');
  if (exitCode !== 0) throw new Error(`the example ${name} failed`);
}

async function runEmbedded(): Promise<void> {
  const backend = await startEmbeddedBackend();
  try {
    console.log(`Local Bedrock: ${backend.bedrock.url}   Local Pay-i: ${backend.payi.url}`);
    heading('Complete example: InvokeModel');
    const response = await completeExample();
    reportLastCall(backend);
    reportReceipt(await whenSettled(response));

    heading('Streaming example: InvokeModelWithResponseStream');
    const streamed = await streamingExample();
    console.log();
    reportLastCall(backend);
    reportReceipt(await whenSettled(streamed));

    heading('A call beyond its limit');
    await blockedCall(blockingLimitId);

    heading('What Pay-i has in its ledger');
    reportLedger(backend);

    heading('The same annotation on other providers');
    await runExample('one-annotation-three-providers');
    console.log('\nAll of this ran on this machine. For the real services: npm start -- --live');
  } finally {
    await backend.close();
  }
}

async function runLive(): Promise<void> {
  const missing = await missingForLive();
  if (missing.length > 0) {
    console.error(
      `npm start -- --live calls AWS Bedrock through Pay-i and needs:\n  ${missing.join('\n  ')}`,
    );
    process.exitCode = 1;
    return;
  }
  console.log('Pay-i must know the use cases text_generation and streaming_generation and the limits');
  console.log('aws_budget and streaming_budget; the model must be enabled for your AWS account.');
  heading('Complete example: InvokeModel');
  reportReceipt(await whenSettled(await completeExample()));
  heading('Streaming example: InvokeModelWithResponseStream');
  const streamed = await streamingExample();
  console.log();
  reportReceipt(await whenSettled(streamed));
  if (process.env.PAYI_BLOCKING_LIMIT_ID) {
    heading('A call beyond its limit');
    await blockedCall(process.env.PAYI_BLOCKING_LIMIT_ID);
  } else {
    console.log('\nSet PAYI_BLOCKING_LIMIT_ID to a nearly spent blocking limit to see a blocked call.');
  }
}

await (live ? runLive() : runEmbedded());
