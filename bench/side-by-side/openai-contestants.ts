import type { Route } from '@payi/core';
import type { OpenAI } from 'openai';
import { annotationsOf, headersByHand } from './annotations.ts';
import { eventCount, type Wanted } from './answers.ts';
import type { Contestant, ContestantDefinition } from './contestant.ts';
import { type InstrumentationDefinition, instrumentationsOf, observeWith } from './instrumentations.ts';
import { noObserver, type Observer, observeByHand } from './observer.ts';
import { observeWithPayi } from './payi-observer.ts';

type Sdk = typeof import('openai');
type Headers = (user: string | undefined) => Record<string, string> | undefined;

/** @param headers - Those of one call, if any. */
function caller(client: OpenAI, observer: Observer, headers: Headers = () => undefined): Contestant {
  return {
    observer,
    async call(wanted: Wanted, user) {
      const params = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: wanted }] };
      const own = headers(user);
      const options = own && { headers: own };
      if (eventCount(wanted) === undefined) {
        const { choices } = await client.chat.completions.create(params, options);
        return choices[0]?.message.content?.length ?? 0;
      }
      const stream = await client.chat.completions.create(
        { ...params, stream: true, stream_options: { include_usage: true } },
        options,
      );
      let events = 0;
      for await (const _ of stream) events += 1;
      return events;
    },
    close: () => observer.close(),
  };
}

const plain = (require: NodeJS.Require, apiUrl: string): OpenAI => {
  const { OpenAI } = require('openai') as Sdk;
  return new OpenAI({ apiKey: 'sk-local', baseURL: `${apiUrl}/v1` });
};

const bare: ContestantDefinition['load'] = (require, { apiUrl }) =>
  caller(plain(require, apiUrl), noObserver);

const byHand: ContestantDefinition['load'] = (require, { apiUrl }) => {
  const observer = observeByHand();
  return caller(plain(require, apiUrl), observer, (user) =>
    headersByHand(user ?? observer.user() ?? 'nobody'),
  );
};

/** Pay-i's annotations as Portkey's metadata. Portkey knows no context: within one, the application hands the user on. */
const portkey: ContestantDefinition['load'] = (require, { apiUrl }) => {
  const { createHeaders } = require('portkey-ai') as {
    createHeaders(config: object): Record<string, string>;
  };
  const observer = observeByHand();
  return caller(plain(require, apiUrl), { ...observer, sends: 'nothing' }, (user) =>
    createHeaders(portkeyConfig(user ?? observer.user() ?? 'nobody')),
  );
};

/** The facts of {@link annotationsOf}, where Portkey has them. */
function portkeyConfig(user: string): object {
  const { useCaseName, limitIds, requestTags } = annotationsOf(user);
  return {
    provider: 'openai',
    metadata: {
      _user: user,
      use_case: useCaseName,
      limits: limitIds?.join(','),
      tags: requestTags?.join(','),
    },
  };
}

function withPayi(route: Route): ContestantDefinition['load'] {
  return (require, { apiUrl, payi }) => {
    const { withPayi } = require('@payi/openai') as typeof import('@payi/openai');
    const { OpenAI } = require('openai') as Sdk;
    const observer = observeWithPayi(require, route, payi);
    // Pay-i itself knows where OpenAI is.
    const client = route === 'proxy' ? new OpenAI({ apiKey: 'sk-local' }) : plain(require, apiUrl);
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

const ours = ['@payi/core', '@payi/openai'];

export const openaiContestants: readonly ContestantDefinition[] = [
  { name: 'bare client', packages: [], load: bare },
  { name: 'bare client again', packages: [], load: bare },
  { name: 'headers by hand', packages: [], load: byHand },
  { name: "`portkey-ai`'s `createHeaders`", packages: ['portkey-ai'], load: portkey },
  { name: 'Pay-i, route `headers`', packages: ours, load: withPayi('headers') },
  { name: 'Pay-i, route `direct`', packages: ours, load: withPayi('direct') },
  { name: 'Pay-i, route `proxy`', packages: ours, load: withPayi('proxy') },
  ...instrumentationsOf('openai', traced),
];
