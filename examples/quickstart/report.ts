import type { Receipt } from '@payi/core';
import type { EmbeddedBackend } from '@payi-internal/examples';

/** What Pay-i received with the latest call, and what AWS made of its signature afterwards. */
export function reportLastCall({ payi, bedrock }: EmbeddedBackend): void {
  const received = payi.requests.at(-1);
  const forwarded = bedrock.requests.at(-1);
  if (received === undefined || forwarded === undefined) throw new Error('no call arrived');

  console.log(`\nPay-i received ${received.method} ${received.path} with`);
  for (const [name, value] of received.rawHeaders) {
    if (/^xproxy-/i.test(name)) console.log(`  ${name}: ${/api-key/i.test(name) ? '(the key)' : value}`);
  }
  const { valid, signedHeaders, message } = forwarded.signature;
  if (!valid) throw new Error(`AWS refused the signature: ${message}`);
  console.log(`AWS checked the signature: valid, over ${signedHeaders.join('; ')}`);
}

/** What the application learns of its call. */
export function reportReceipt({
  outcome,
  units,
  cost,
  limits,
  timeToFirstTokenMs,
  endToEndMs,
}: Receipt): void {
  const counts = Object.entries(units).map(
    ([unit, { input, output }]) => `${unit} ${input ?? '?'} in, ${output ?? '?'} out`,
  );
  const states = Object.entries(limits ?? {}).map(([id, state]) => `${id} ${state}`);
  const firstToken =
    timeToFirstTokenMs === undefined ? '' : `, first token after ${timeToFirstTokenMs.toFixed(0)} ms`;
  console.log(
    `Receipt: ${outcome}, ${counts.join('; ')}, ${cost?.total?.toFixed(6) ?? 'unknown'} ${cost?.currency ?? ''}, ` +
      `limits: ${states.join(', ')}${firstToken}, ${endToEndMs.toFixed(0)} ms in all`,
  );
}

/** Who spent how much. */
export function reportLedger({ payi }: EmbeddedBackend): void {
  for (const [title, key] of [
    ['Use case', 'useCaseName'],
    ['User', 'userId'],
    ['Limit', 'limitId'],
  ] as const) {
    console.log(
      `\n${title.padEnd(24)}${'calls'.padStart(6)}${'blocked'.padStart(9)}${'tokens in'.padStart(11)}${'out'.padStart(6)}${'cost (usd)'.padStart(13)}`,
    );
    for (const row of payi.totals(key)) {
      console.log(
        String(row.key ?? '-').padEnd(24) +
          String(row.calls).padStart(6) +
          String(row.blocked).padStart(9) +
          String(row.inputTokens).padStart(11) +
          String(row.outputTokens).padStart(6) +
          row.cost.toFixed(6).padStart(13),
      );
    }
  }
}
