import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import type { Anthropic } from '@anthropic-ai/sdk';
import type * as Bedrock from '@aws-sdk/client-bedrock-runtime';
import type { GoogleGenAI } from '@google/genai';
import type * as Handlers from '@smithy/node-http-handler';
import type { AzureOpenAI, OpenAI } from 'openai';

/** The provider SDKs of one run of the suite, typed as the newest: what is used here, the oldest has too. */
export interface Sdks {
  readonly bedrock: typeof Bedrock;
  readonly AnthropicBedrock: typeof AnthropicBedrock;
  readonly AnthropicBedrockMantle: typeof AnthropicBedrockMantle;
  readonly Anthropic: typeof Anthropic;
  readonly OpenAI: typeof OpenAI;
  readonly AzureOpenAI: typeof AzureOpenAI;
  readonly GoogleGenAI: typeof GoogleGenAI;
}

const chosen = process.env.PAYI_CONFORMANCE_SDKS;

/**
 * `newest`: those of the lockfile. `oldest`: the lower ends of the peer ranges in `packages/*`, installed here under
 * `-oldest` names. `current`: those of the module that the environment names, as {@link Sdks}.
 */
export const sdkAge: 'newest' | 'oldest' | 'current' =
  chosen === undefined ? 'newest' : chosen === 'oldest' ? 'oldest' : 'current';

/** The folder of an SDK's package, its own dependencies beside it. */
export function sdkFolder(name: string): string {
  const installedIn =
    sdkAge === 'current' ? dirname(chosen as string) : fileURLToPath(new URL('..', import.meta.url));
  return realpathSync(join(installedIn, 'node_modules', sdkAge === 'oldest' ? `${name}-oldest` : name));
}

const ofTree = createRequire(join(sdkFolder('@aws-sdk/client-bedrock-runtime'), 'package.json'));
/** The request handlers in the tree of the AWS SDK, and the version that tells trees apart. */
export const handlersOfTree: typeof Handlers = ofTree('@smithy/node-http-handler');
export const smithyVersion: string = ofTree('@smithy/core/package.json').version;

export async function loadSdks(): Promise<Sdks> {
  if (sdkAge === 'newest') {
    const { AnthropicBedrock, AnthropicBedrockMantle } = await import('@anthropic-ai/bedrock-sdk');
    const { Anthropic } = await import('@anthropic-ai/sdk');
    const { AzureOpenAI, OpenAI } = await import('openai');
    const { GoogleGenAI } = await import('@google/genai');
    return {
      bedrock: await import('@aws-sdk/client-bedrock-runtime'),
      AnthropicBedrock,
      AnthropicBedrockMantle,
      Anthropic,
      OpenAI,
      AzureOpenAI,
      GoogleGenAI,
    };
  }
  if (chosen !== undefined && sdkAge !== 'oldest') {
    return (await import(pathToFileURL(chosen).href)) as Sdks;
  }
  const { AnthropicBedrock, AnthropicBedrockMantle } = await import('@anthropic-ai/bedrock-sdk-oldest');
  const { Anthropic } = await import('@anthropic-ai/sdk-oldest');
  const { AzureOpenAI, OpenAI } = await import('openai-oldest');
  const { GoogleGenAI } = await import('@google/genai-oldest');
  const bedrock = await import('@aws-sdk/client-bedrock-runtime-oldest');
  return {
    bedrock,
    AnthropicBedrock,
    AnthropicBedrockMantle,
    Anthropic,
    OpenAI,
    AzureOpenAI,
    GoogleGenAI,
  } as unknown as Sdks;
}
