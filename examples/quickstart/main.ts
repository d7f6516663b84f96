import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { whenSettled } from '@payi/core';
import { runExample } from '@payi-internal/examples';
import { blockedCall } from './blocked-call.ts';
import { completeExample } from './complete-example.ts';
import { blockingLimitId, embeddedBackend } from './embedded-backend.ts';
import { reportLastCall, reportLedger, reportReceipt } from './report.ts';
import { streamingExample } from './streaming-example.ts';

await runExample({
  providers: ['AWS Bedrock'],
  atPayi: [
    'the use cases text_generation and streaming_generation',
    'the limits aws_budget and streaming_budget',
  ],
  embeddedBackend,
  run: async (backend) => {
    if (backend) console.log(`Local Bedrock: ${backend.bedrock.url}   Local Pay-i: ${backend.payi.url}`);
    heading('Complete example: InvokeModel');
    const response = await completeExample();
    if (backend) reportLastCall(backend);
    reportReceipt(await whenSettled(response));

    heading('Streaming example: InvokeModelWithResponseStream');
    const streamed = await streamingExample();
    console.log();
    if (backend) reportLastCall(backend);
    reportReceipt(await whenSettled(streamed));

    heading('A call beyond its limit');
    const limitId = backend ? blockingLimitId : process.env.PAYI_BLOCKING_LIMIT_ID;
    if (limitId) await blockedCall(limitId);
    else console.log('Set PAYI_BLOCKING_LIMIT_ID to a nearly spent blocking limit to see a blocked call.');
  },
  report: async (backend) => {
    heading('What Pay-i has in its ledger');
    reportLedger(backend);

    heading('The same annotation on other providers');
    await runOther('one-annotation-three-providers');
    console.log('\nAll of this ran on this machine. For the real services: npm start -- --live');
    await showPage(backend.payi.url);
  },
});

/** On a terminal, keeps the page of the local Pay-i open until a key is pressed. */
async function showPage(url: string): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    console.log('On a terminal, the ledger stays open as a page until you press a key.');
    return;
  }
  console.log(`\nThe ledger as a page: ${url}/\nPress a key to end.`);
  stdin.setRawMode(true);
  await once(stdin, 'data');
  stdin.setRawMode(false);
  stdin.pause();
}

function heading(text: string): void {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}\n`);
}

/** Another example, in a process of its own: it has services of its own, and the environment names them. */
async function runOther(name: string): Promise<void> {
  const main = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  const [exitCode] = await once(spawn(process.execPath, [main], { stdio: 'inherit' }), 'exit');
  if (exitCode !== 0) throw new Error(`the example ${name} failed`);
}
