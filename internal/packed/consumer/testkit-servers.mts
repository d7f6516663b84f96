// The testkit in an application's tests.
import { startBedrock, startPayi } from '@payi/testkit';

export async function servers(): Promise<string[]> {
  await using bedrock = await startBedrock();
  await using payi = await startPayi();
  return [bedrock.url, payi.url];
}
