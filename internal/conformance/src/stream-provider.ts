import { type RecordedRequest, startAnthropic, startBedrock, startGoogle, startOpenAI } from '@payi/testkit';
import type { providers } from './providers.ts';
import type { WireEvent } from './stream-formats.ts';

/** The stream that a call is answered with. */
export interface StreamScript {
  readonly events: readonly WireEvent[];
  /** Is waited for before the event with this index, and before the ending with the number of events. */
  pace?(index: number): Promise<void>;
  /** `end`: as it should. `cut`: the connection is broken. `stall`: not until the client leaves. */
  readonly ending: 'end' | 'cut' | 'stall';
}

/** A provider that answers each call with the stream that a test has written for it. */
export interface StreamProvider {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  answerNext(script: StreamScript): void;
  close(): Promise<void>;
}

const starts = {
  bedrock: () => startBedrock({ verifySignatures: false }),
  openai: () => startOpenAI(),
  anthropic: () => startAnthropic(),
  google: () => startGoogle(),
};

export async function startStreamProvider(provider: keyof typeof providers): Promise<StreamProvider> {
  const server = await starts[provider]();
  const { url, requests, close } = server;
  return {
    url,
    requests,
    close,
    answerNext: ({ events, pace, ending }) =>
      server.answerNext({
        events: events.map((event) => ({ bytes: Buffer.from(event) })),
        ...(pace && { pace }),
        faults: {
          ...(ending === 'cut' && { dropAfterEvents: events.length }),
          ...(ending === 'stall' && { stallAfterEvents: events.length }),
        },
      }),
  };
}
