import type { Anthropic } from '@anthropic-ai/sdk';
import type { Route } from '@payi/core';
import { headersByHand } from './annotations.ts';
import { eventCount, type Wanted } from './answers.ts';
import type { Contestant, ContestantDefinition } from './contestant.ts';
import { type InstrumentationDefinition, instrumentationsOf, observeWith } from './instrumentations.ts';
import { noObserver, type Observer, observeByHand } from './observer.ts';
import { observeWithPayi } from './payi-observer.ts';

type Sdk = typeof import('@anthropic-ai/sdk');
type Headers = (user: string | undefined) => Record<string, string> | undefined;

/** @param headers - Those of one call, if any. */
function caller(client: Anthropic, observer: Observer, headers: Headers = () => undefined): Contestant {
  return {
    observer,
    async call(wanted: Wanted, user) {
      const params = {
        model: 'claude-opus-4-5',
        max_tokens: 500,
        messages: [{ role: 'user' as const, content: wanted }],
      };
      const own = headers(user);
      const options = own && { headers: own };
      if (eventCount(wanted) === undefined) {
        const { content } = await client.messages.create(params, options);
        return content[0]?.type === 'text' ? content[0].text.length : 0;
      }
      const stream = await client.messages.create({ ...params, stream: true }, options);
      let events = 0;
      for await (const _ of stream) events += 1;
      return events;
    },
    close: () => observer.close(),
  };
}

const plain = (require: NodeJS.Require, baseURL: string): Anthropic => {
  const { Anthropic } = require('@anthropic-ai/sdk') as Sdk;
  return new Anthropic({ apiKey: 'sk-ant-local', baseURL });
};

const bare: ContestantDefinition['load'] = (require, { apiUrl }) =>
  caller(plain(require, apiUrl), noObserver);

const byHand: ContestantDefinition['load'] = (require, { apiUrl }) => {
  const observer = observeByHand();
  return caller(plain(require, apiUrl), observer, (user) =>
    headersByHand(user ?? observer.user() ?? 'nobody'),
  );
};

function withPayi(route: Route): ContestantDefinition['load'] {
  return (require, { apiUrl, payi }) => {
    const { withPayi } = require('@payi/anthropic') as typeof import('@payi/anthropic');
    const { Anthropic } = require('@anthropic-ai/sdk') as Sdk;
    const observer = observeWithPayi(require, route, payi);
    // Pay-i itself knows where Anthropic is.
    const client = route === 'proxy' ? new Anthropic({ apiKey: 'sk-ant-local' }) : plain(require, apiUrl);
    return caller(withPayi(client, { payi: observer.payi }), observer, (user) =>
      user === undefined ? undefined : observer.headers(user),
    );
  };
}

function traced(definition: InstrumentationDefinition): Pick<ContestantDefinition, 'load'> {
  return {
    load: (require, { apiUrl }) => {
      const { observer } = observeWith(definition, require);
      return caller(plain(require, apiUrl), observer);
    },
  };
}

const ours = ['@payi/core', '@payi/anthropic'];

export const anthropicContestants: readonly ContestantDefinition[] = [
  { name: 'bare client', packages: [], load: bare },
  { name: 'bare client again', packages: [], load: bare },
  { name: 'headers by hand', packages: [], load: byHand },
  { name: 'Pay-i, route `headers`', packages: ours, load: withPayi('headers') },
  { name: 'Pay-i, route `direct`', packages: ours, load: withPayi('direct') },
  { name: 'Pay-i, route `proxy`', packages: ours, load: withPayi('proxy') },
  ...instrumentationsOf('anthropic', traced),
];
