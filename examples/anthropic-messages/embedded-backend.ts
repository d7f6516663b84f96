import { LLMock } from '@copilotkit/aimock';
import { type RunningPayi, startPayi } from '@payi/testkit';

export interface EmbeddedBackend {
  readonly provider: LLMock;
  readonly payi: RunningPayi;
  close(): Promise<void>;
}

/** Starts the provider and a Pay-i on this machine. Only the environment names them: the example is as it would be live. */
export async function startEmbeddedBackend(): Promise<EmbeddedBackend> {
  const provider = new LLMock({ port: 0 });
  provider.onMessage(/./, {
    content: 'A soup, with potatoes.',
    usage: { prompt_tokens: 120, completion_tokens: 30, input_tokens: 120, output_tokens: 30 },
  });
  await provider.start();
  const payi = await startPayi({
    upstream: { 'api.anthropic.com': provider.url },
    limits: [{ id: 'spent_budget', max: 0, type: 'block' }],
  });
  Object.assign(process.env, {
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    ANTHROPIC_API_KEY: 'sk-ant-local',
  });
  delete process.env.ANTHROPIC_BASE_URL;
  delete process.env.ANTHROPIC_AUTH_TOKEN;
  return {
    provider,
    payi,
    close: async () => {
      await Promise.all([payi.close(), provider.stop()]);
    },
  };
}
