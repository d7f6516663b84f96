import { randomNumbers } from '../../testing/random-numbers.ts';

export const adapters = ['bedrock', 'openai', 'anthropic'] as const;

/** What a call is, by its number alone: the same in every run with the same seed, whatever else happens. */
export interface CallPlan {
  readonly adapter: (typeof adapters)[number];
  readonly isStream: boolean;
  /** It is aborted before anything is sent. */
  readonly isAborted: boolean;
}

/** What the provider does with one attempt of a call. */
export interface AttemptPlan {
  readonly fault: 'none' | 'status' | 'reset' | 'cut';
  readonly status: number;
  readonly input: number;
  readonly output: number;
  /** From a small set: caches and mocks repeat ids. Some answers have none. */
  readonly id: string | undefined;
}

export function planOfCall(seed: number, call: number): CallPlan {
  const random = randomNumbers(seed + call * 7919);
  return {
    adapter: adapters[Math.floor(random() * adapters.length)] as CallPlan['adapter'],
    isStream: random() < 0.3,
    isAborted: random() < 0.02,
  };
}

export function planOfAttempt(seed: number, call: number, attempt: number): AttemptPlan {
  const random = randomNumbers(seed + call * 7919 + (attempt + 1) * 104_729);
  const fault = random();
  const id = random();
  return {
    fault: fault < 0.84 ? 'none' : fault < 0.94 ? 'status' : fault < 0.97 ? 'reset' : 'cut',
    status: [500, 503, 429, 400, 401][Math.floor(random() * 5)] as number,
    input: 1 + Math.floor(random() * 5000),
    output: 1 + Math.floor(random() * 500),
    id: id < 0.05 ? undefined : `id-${Math.floor(id * 10)}`,
  };
}

/** Everything that no byte may contain which goes elsewhere. */
export const secrets = {
  openai: 'sk-proj-SoakSecretOfOpenAI0123456789abcdef',
  anthropic: 'sk-ant-SoakSecretOfAnthropic0123456789abcdef',
  aws: 'SoakSecretOfAws0123456789abcdefSoakSecret',
  awsSession: 'SoakSessionOfAws0123456789abcdef',
  payi: 'payi-SoakSecretOfPayi0123456789abcdef',
} as const;
