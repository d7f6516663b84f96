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
  const story = {
    content: 'Every night the lamp turned, and nobody had to ask for whom.',
    usage: { prompt_tokens: 120, completion_tokens: 30, input_tokens: 120, output_tokens: 30 },
  };
  provider.onMessage(/./, story, { latency: 20 });
  await provider.start();
  const payi = await startPayi({
    upstream: { 'api.openai.com': provider.url },
  });
  Object.assign(process.env, {
    PAYI_API_KEY: payi.apiKey,
    PAYI_BASE_URL: payi.url,
    OPENAI_API_KEY: 'sk-local',
  });
  delete process.env.OPENAI_BASE_URL;
  return {
    provider,
    payi,
    close: async () => {
      await Promise.all([payi.close(), provider.stop()]);
    },
  };
}
