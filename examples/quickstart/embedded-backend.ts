import type { EmbeddedBackendOptions } from '@payi-internal/examples';

export const blockingLimitId = 'report_budget';

/**
 * What the Bedrock on this machine answers, and the limits that Pay-i has.
 *
 * The examples do not know the difference to a real deployment: environment variables lead them here, their clients sign
 * for AWS's own host name, and the local Bedrock takes only requests that arrive under it.
 */
export const embeddedBackend: EmbeddedBackendOptions = {
  bedrock: ({ operation }) =>
    operation === 'InvokeModelWithResponseStream'
      ? { text: story, chunkDelayMs: 20 }
      : { text: productDescription },
  limits: [
    { id: 'aws_budget', max: 10, type: 'block' },
    { id: 'streaming_budget', max: 10, type: 'block' },
    { id: blockingLimitId, max: 0.000_1, type: 'block' },
  ],
};

const productDescription =
  'A bottle that keeps count: it glows when it is time for a sip, knows how warm the water is, and runs for a month on one charge.';

const story =
  'The archive had been silent for years when the model woke and asked its first question: who had switched it on, and why?';
