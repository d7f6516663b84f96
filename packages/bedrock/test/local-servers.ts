import { type RunningBedrock, type RunningPayi, startBedrock, startPayi } from '@payi/testkit';
import { afterAll, beforeAll } from 'vitest';

export interface LocalServers {
  readonly bedrock: RunningBedrock;
  readonly backend: RunningPayi;
}

/** A Bedrock and a Pay-i for the tests of one file. The members are there once the tests run. */
export function localServers(options: Parameters<typeof startBedrock>[0] = {}): LocalServers {
  const servers: { -readonly [Name in keyof LocalServers]?: LocalServers[Name] } = {};
  beforeAll(async () => {
    [servers.bedrock, servers.backend] = await Promise.all([startBedrock(options), startPayi()]);
  });
  afterAll(() => Promise.all([servers.bedrock?.close(), servers.backend?.close()]));
  return servers as LocalServers;
}

/** A call of Converse, as small as it can be. */
export const question = {
  modelId: 'amazon.nova-lite-v1:0',
  messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }],
};
