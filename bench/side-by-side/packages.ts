/** What one installs, imports and bundles to have a contestant. */
export interface PackageSet {
  /** As {@link import('./contestant.ts').ContestantDefinition.packages} lists them. */
  readonly packages: readonly string[];
  /** The provider's SDK that is there anyway. */
  readonly sdk?: string;
  /** The smallest use: what an application has to import. */
  readonly entry: string;
}

const bedrock = '@aws-sdk/client-bedrock-runtime';

/** `names` of `module`, kept alive for the bundler. */
const use = (names: string, module: string): string => `export { ${names} } from '${module}';\n`;
const instrumentation = (name: string, module: string, sdk: string): PackageSet => ({
  packages: [module],
  sdk,
  entry: use(name, module),
});

export const packageSets: readonly PackageSet[] = [
  {
    packages: ['@payi/core', '@payi/bedrock'],
    sdk: bedrock,
    entry: use('createHeaders', '@payi/core') + use('registerBedrockClientCallbacks', '@payi/bedrock'),
  },
  instrumentation('AwsInstrumentation', '@opentelemetry/instrumentation-aws-sdk', bedrock),
  instrumentation('BedrockInstrumentation', '@arizeai/openinference-instrumentation-bedrock', bedrock),
  instrumentation('BedrockInstrumentation', '@traceloop/instrumentation-bedrock', bedrock),
  {
    packages: ['@payi/core', '@payi/openai'],
    sdk: 'openai',
    entry: use('createHeaders', '@payi/core') + use('withPayi', '@payi/openai'),
  },
  { packages: ['portkey-ai'], sdk: 'openai', entry: use('createHeaders', 'portkey-ai') },
  instrumentation('OpenAIInstrumentation', '@opentelemetry/instrumentation-openai', 'openai'),
  instrumentation('OpenAIInstrumentation', '@arizeai/openinference-instrumentation-openai', 'openai'),
  instrumentation('OpenAIInstrumentation', '@traceloop/instrumentation-openai', 'openai'),
  {
    packages: ['@payi/core', '@payi/anthropic'],
    sdk: '@anthropic-ai/sdk',
    entry: use('createHeaders', '@payi/core') + use('withPayi', '@payi/anthropic'),
  },
  instrumentation(
    'AnthropicInstrumentation',
    '@arizeai/openinference-instrumentation-anthropic',
    '@anthropic-ai/sdk',
  ),
  instrumentation('AnthropicInstrumentation', '@traceloop/instrumentation-anthropic', '@anthropic-ai/sdk'),
  { packages: ['@payi/core'], entry: use('createHeaders', '@payi/core') },
  {
    packages: ['@opentelemetry/sdk-trace', '@opentelemetry/context-async-hooks', '@opentelemetry/api'],
    entry:
      use('TracerProvider, BatchSpanProcessor', '@opentelemetry/sdk-trace') +
      use('AsyncLocalStorageContextManager', '@opentelemetry/context-async-hooks') +
      use('context, trace', '@opentelemetry/api'),
  },
];
