import { randomUUID } from 'node:crypto';
import { openStore } from './store.ts';
import { startWorker } from './worker.ts';

/** Two workers ask at the same time, until a budget is spent. @returns What is spent of it, in US dollars */
export async function spend(): Promise<number> {
  const { store, description, close } = openStore();
  const workers = [startWorker(store), startWorker(store)];
  const [{ plugin }] = workers as [(typeof workers)[0]];
  // A budget that nobody has used.
  const account = `example_${randomUUID().slice(0, 8)}`;
  console.log(`A budget of 0.01 usd, kept ${description}, for two workers with ten calls each at a time:`);
  let sent: number;
  let wave = 0;
  do {
    const asked = workers.flatMap((worker) => Array.from({ length: 10 }, () => worker.ask(account)));
    const answers = await Promise.all(asked);
    sent = answers.filter((isSent) => isSent).length;
    await Promise.all(workers.map((worker) => worker.plugin.flush()));
    const [status] = await plugin.status(account);
    wave += 1;
    console.log(
      `${wave}. sent ${sent}, refused ${answers.length - sent}, spent ${status?.spent.toFixed(4)} usd`,
    );
  } while (sent > 0);
  const [status] = await plugin.status(account);
  await Promise.all(workers.map((worker) => worker.close()));
  close();
  if (status === undefined || status.spent > status.max || status.reserved > 0) {
    throw new Error(`The budget did not hold: ${JSON.stringify(status)}`);
  }
  return status.spent;
}
