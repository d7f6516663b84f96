import { createPayi, type Diagnostic } from '@payi/core';
import OpenAI from 'openai';
import { workloadIdentity } from 'openai/auth/x509-transport';
import { generate } from 'selfsigned';
import { expect, it } from 'vitest';
import { withPayi } from '../src/index.ts';

it('withPayi() leaves a client with an X.509 workload identity as it is, and says so', async () => {
  const { private: privateKey, cert: certificateChain } = await generate(
    [{ name: 'commonName', value: 'me' }],
    {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true },
        { name: 'extKeyUsage', clientAuth: true },
      ],
    },
  );
  const credential = workloadIdentity.fromX509({
    privateKey,
    certificateChain,
    identityProviderId: 'idp_1',
    serviceAccountId: 'sa_1',
  });
  const diagnostics: Diagnostic[] = [];
  const payi = createPayi({
    route: 'headers',
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const client = new OpenAI({ credential });
  expect(withPayi(client, { payi })).toBe(client);
  expect(diagnostics).toMatchObject([{ code: 'CLIENT_LEFT_ALONE' }]);
  await credential.close();
});
