// The testkit in an application's tests.
import { startAnthropic, startBedrock, startGoogle, startOpenAI, startPayi } from '@payi/testkit';

export async function servers(): Promise<string[]> {
  await using bedrock = await startBedrock();
  await using openai = await startOpenAI({ answer: ({ model }) => ({ text: `I am ${model}.` }) });
  await using anthropic = await startAnthropic();
  await using google = await startGoogle();
  anthropic.answerNext({ error: { status: 529 } }, { events: [{ data: { type: 'ping' } }] });
  await using payi = await startPayi();
  payi.setLimit({ id: 'team', max: 1 });
  return [bedrock, openai, anthropic, google, payi].map(({ url }) => url);
}
