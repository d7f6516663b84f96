import type { BedrockAnswer } from '../../bedrock-answer.ts';
import { operations } from '../calls.ts';
import type { Check } from '../check.ts';
import { compareFacts, outcomeOf } from '../compare-facts.ts';
import { sampleAnswer } from '../samples.ts';
import type { SceneOptions } from '../stage.ts';

const unavailable = { error: { type: 'ServiceUnavailableException', message: 'busy' } };
const invalid = { error: { type: 'ValidationException', message: 'wrong' } };

/** The errors that the server answers to the first attempts of a call, by model id. It accepts all later attempts. */
const scripts: Record<string, readonly BedrockAnswer[]> = {
  'third attempt': [unavailable, unavailable],
  'no attempt': [unavailable, unavailable, unavailable],
  'not retried': [invalid],
};

/** Compares how often calls are sent, and which number they report: after success, failure, and without retries. */
export const retries: Check = {
  name: 'retries',
  async run(stage) {
    const options = (): SceneOptions => {
      const attempts = new Map<string, number>();
      return {
        client: { maxAttempts: 3 },
        server: {
          answer: (call) => {
            const key = `${call.modelId} ${call.operation}`;
            const attempt = attempts.get(key) ?? 0;
            attempts.set(key, attempt + 1);
            return scripts[call.modelId]?.[attempt] ?? sampleAnswer(call);
          },
        },
      };
    };
    return compareFacts(stage, options, async ({ client, bedrock }) => {
      const calls = Object.keys(scripts).flatMap((modelId) =>
        operations.map(async ({ name, call }) => {
          const { value, error } = await outcomeOf(() => call(client, { modelId }));
          const { $metadata } = (value ?? error ?? {}) as { $metadata?: { attempts?: number } };
          const sent = bedrock.requests.filter((sent) => sent.modelId === modelId && sent.operation === name);
          const said = sent.map(({ status }) => status).join(', ');
          return `${name}, ${modelId}: ${value ? 'given' : 'refused'}, attempts ${$metadata?.attempts}, sent ${said}`;
        }),
      );
      return Promise.all(calls);
    });
  },
};
