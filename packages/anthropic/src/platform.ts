// Only Anthropic's SDK has sibling clients for other platforms.

import {
  type Category,
  ConfigurationError,
  type ResolvedPayi,
  type UnsupportedClientError,
} from '@payi/core/adapter';
import { type ClientInternals, unsupported } from './client.ts';

/** Where Pay-i's proxy serves a platform. */
export interface PlatformProxy {
  /** The path after Pay-i's base URL. */
  readonly path: string;
  /** The provider's address that the proxy uses when a call names no other. */
  readonly knownBaseUrl?: string;
}

/** The platform that a client calls, and Pay-i's names for it. */
export interface Platform {
  /** The SDK's name of the client. */
  readonly client: string;
  readonly category: Category;
  /** The prefix that turns the model's name into Pay-i's name of the resource. */
  readonly resourcePrefix: string;
  readonly proxy: PlatformProxy | { readonly refusal: string };
  /** Whether the client changes the path of requests, and signs them or adds credentials, between middleware and `fetch`. */
  readonly rewrites: boolean;
  /**
   * Members of the client that are options of its constructor. Only later versions of the SDK's `withOptions()` copy them.
   */
  readonly ownOptions: readonly string[];
  /** Pay-i does not know the models by name, so a call must say which model to price it as. */
  readonly needsPriceAs: boolean;
}

const anthropic: Platform = {
  client: 'Anthropic',
  category: 'system.anthropic',
  resourcePrefix: '',
  proxy: { path: '/api/v1/proxy/anthropic', knownBaseUrl: 'https://api.anthropic.com' },
  rewrites: false,
  ownOptions: [],
  needsPriceAs: false,
};

const foundry: Platform = {
  client: 'AnthropicFoundry',
  category: 'system.azure',
  resourcePrefix: '',
  proxy: { path: '/api/v1/proxy/azure.anthropic' },
  rewrites: false,
  ownOptions: ['resource'],
  needsPriceAs: true,
};

const bedrock: Platform = {
  client: 'AnthropicBedrock',
  category: 'system.aws.bedrock',
  resourcePrefix: '',
  proxy: { path: '/api/v1/proxy/aws.bedrock' },
  rewrites: true,
  ownOptions: [
    'awsRegion',
    'awsAccessKey',
    'awsSecretKey',
    'awsSessionToken',
    'providerChainResolver',
    'skipAuth',
  ],
  needsPriceAs: false,
};

const mantle: Platform = {
  client: 'AnthropicBedrockMantle',
  category: 'system.aws.bedrock',
  resourcePrefix: '',
  proxy: { refusal: "Pay-i's proxy serves bedrock-runtime, not bedrock-mantle" },
  rewrites: true,
  ownOptions: [
    'awsRegion',
    'awsAccessKey',
    'awsSecretAccessKey',
    'awsSessionToken',
    'awsProfile',
    'providerChainResolver',
    'skipAuth',
  ],
  needsPriceAs: false,
};

const vertex: Platform = {
  client: 'AnthropicVertex',
  category: 'system.google.vertex',
  resourcePrefix: 'anthropic.',
  proxy: { refusal: "how Pay-i's proxy hands Google's credentials on is not documented" },
  rewrites: true,
  ownOptions: ['region', 'projectId'],
  needsPriceAs: false,
};

const platforms: readonly [address: RegExp, platform: Platform | undefined][] = [
  [
    /^https?:\/\/[^/]+\.(?:services\.ai\.azure|azure\.anthropic)\.\w+(?:[:/]|$)|\/proxy\/azure\.anthropic\//,
    foundry,
  ],
  [/^https?:\/\/bedrock-mantle\./, mantle],
  [/\/publishers\/anthropic\/models\//, vertex],
  // Claude Platform on AWS: Pay-i has no category for it.
  [/^https?:\/\/aws-external-anthropic\./, undefined],
];

/** The platform of a request, by its URL; `undefined` for one that Pay-i does not price. */
export function platformAt(url: string): Platform | undefined {
  const known = platforms.find(([address]) => address.test(url));
  return known === undefined ? anthropic : known[1];
}

/**
 * Recognizes the client by members that only its class has. The class may come from another copy of the package, its name
 * may be minified, and the packages of the other platforms need not be installed. Any other client is refused, unless it
 * authenticates as the SDK's base class does.
 *
 * @throws `UnsupportedClientError` for a client of a platform that Pay-i does not price, or one whose package is too
 *   old to rewrite requests after middleware.
 */
export function platformOf(client: ClientInternals): Platform {
  const platform = recognise(client);
  if (platform.rewrites && client.backendMiddleware?.().length === 0) {
    throw unsupported([`the middleware of ${platform.client}`]);
  }
  if (platform.rewrites && typeof client.fetch !== 'function') throw unsupported(['fetch']);
  return platform;
}

function recognise(client: object): Platform {
  if ('workspaceId' in client) {
    throw foreign('awsSecretAccessKey' in client ? 'AnthropicAws' : client.constructor.name);
  }
  if ('awsSecretKey' in client) return bedrock;
  if ('awsSecretAccessKey' in client) return mantle;
  if ('projectId' in client && 'region' in client) return vertex;
  if ('resource' in client) return foundry;
  if (authenticatesItself(client)) throw foreign(client.constructor.name);
  return anthropic;
}

const authentication = ['authHeaders', 'validateHeaders', 'backendMiddleware'];

/** Whether a subclass of the SDK's base class overrides authentication, as the client of an unknown platform does. */
function authenticatesItself(client: object): boolean {
  let prototype = Object.getPrototypeOf(client) as object;
  for (;;) {
    const base = Object.getPrototypeOf(prototype) as object | null;
    if (base === null || Object.getPrototypeOf(base) === null) return false;
    if (authentication.some((name) => Object.hasOwn(prototype, name))) return true;
    prototype = base;
  }
}

function foreign(name: string): UnsupportedClientError {
  return unsupported([`a category of Pay-i for ${name}`]);
}

/** @throws `ConfigurationError` when the platform cannot take the route, or the route's key is missing. */
export function checkRoute({ client, proxy }: Platform, payi: ResolvedPayi): void {
  if (payi.route === 'headers') return;
  if (payi.route === 'proxy' && 'refusal' in proxy) {
    throw new ConfigurationError(
      `${client} cannot take route 'proxy': ${proxy.refusal}. ` +
        `Use createPayi({ route: 'direct' }), or route 'headers' with a gateway of your own.`,
    );
  }
  payi.apiKey();
}
