import type { RunningPayi } from '@payi/testkit';
import { describe, expect, it } from 'vitest';
import { bedrockSurface, type OwnHandler } from '../src/bedrock-surfaces.ts';
import { payis, subclass, testDifferences } from '../src/differential.ts';
import { Lab } from '../src/lab.ts';
import { smithyVersion } from '../src/sdks.ts';
import { surfaces } from '../src/surfaces.ts';

testDifferences([
  // The clients without the AWS SDK are of these tests, and do what they are written to do.
  ...surfaces.filter(({ name, retries }) => name.startsWith('Bedrock') && retries !== false),
  ...(['HTTP/1.1', 'HTTP/2', subclass, 'fetch'] as const).flatMap((transport) => [
    bedrockSurface('Converse', transport),
    bedrockSurface('ConverseStream', transport),
  ]),
]);

describe(`a subclass of the SDK’s HTTP/2 handler, @smithy/core ${smithyVersion}`, () => {
  it.each([
    ['is used where Pay-i speaks HTTP/2', 'TLS with HTTP/1.1 and HTTP/2', 2, []],
    ['gives way where it does not, and a diagnostic says so', 'TLS with HTTP/1.1', 0, ['HANDLER_BYPASSED']],
    ['gives way where it cannot, and a diagnostic says so', 'HTTP', 0, ['HANDLER_BYPASSED']],
  ])('%s', async (_, over, requests, diagnostics) => {
    const payi = payis[over] as RunningPayi;
    const lab = await Lab.open(bedrockSurface('Converse', subclass), { route: 'proxy', payi });
    lab.answer(lab.good('one'), lab.good('two'));
    await lab.call();
    await lab.call();
    expect(lab.diagnostics.map(({ code }) => code)).toEqual(diagnostics);
    expect(await lab.requests()).toMatchObject([{ signature: true }, { signature: true }]);
    const { requestHandler } = (lab.connection.client as { config: { requestHandler: OwnHandler } }).config;
    expect(requestHandler.paths).toHaveLength(requests);
    await lab.close();
  });
});
