import type { Observer } from './observer.ts';
import { type Instrumentation, observeWithSpans } from './tracing-observer.ts';

/** An instrumentation of OpenTelemetry's that one would pick instead. */
export interface InstrumentationDefinition {
  readonly provider: 'bedrock' | 'openai' | 'anthropic';
  readonly module: `@${string}`;
  /** Why there is nothing to measure: it breaks, or does not look at the calls. */
  readonly notMeasured?: string;
  /** Before the provider's SDK is loaded. */
  create(require: NodeJS.Require): Instrumentation;
  /** How its package puts a user into a context, if it can. */
  contextOfUser?(require: NodeJS.Require): (context: object, user: string) => object;
}

/** OpenInference has a place for users in a context. */
const contextOfUser: InstrumentationDefinition['contextOfUser'] = (require) => {
  const { setUser } = require('@arizeai/openinference-core');
  return (context, userId) => setUser(context, { userId });
};

export const instrumentations: readonly InstrumentationDefinition[] = [
  {
    provider: 'bedrock',
    module: '@opentelemetry/instrumentation-aws-sdk',
    create(require) {
      const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
      return new AwsInstrumentation({ enabled: false });
    },
  },
  {
    provider: 'bedrock',
    module: '@arizeai/openinference-instrumentation-bedrock',
    contextOfUser,
    create(require) {
      const { BedrockInstrumentation } = require('@arizeai/openinference-instrumentation-bedrock');
      return new BedrockInstrumentation({ instrumentationConfig: { enabled: false } });
    },
  },
  {
    provider: 'bedrock',
    module: '@traceloop/instrumentation-bedrock',
    create(require) {
      const { BedrockInstrumentation } = require('@traceloop/instrumentation-bedrock');
      return new BedrockInstrumentation({ enabled: false });
    },
  },
  {
    provider: 'openai',
    module: '@opentelemetry/instrumentation-openai',
    notMeasured: 'takes `openai` before version 7',
    create(require) {
      const { OpenAIInstrumentation } = require('@opentelemetry/instrumentation-openai');
      return new OpenAIInstrumentation();
    },
  },
  {
    provider: 'openai',
    module: '@arizeai/openinference-instrumentation-openai',
    contextOfUser,
    create(require) {
      const { OpenAIInstrumentation } = require('@arizeai/openinference-instrumentation-openai');
      return new OpenAIInstrumentation();
    },
  },
  {
    provider: 'openai',
    module: '@traceloop/instrumentation-openai',
    create(require) {
      const { OpenAIInstrumentation } = require('@traceloop/instrumentation-openai');
      const instrumentation: Instrumentation = new OpenAIInstrumentation({ enabled: false });
      // Its hook takes `openai` before version 7; by hand it takes any.
      instrumentation.manuallyInstrument?.(require('openai').OpenAI);
      return instrumentation;
    },
  },
  {
    provider: 'anthropic',
    module: '@arizeai/openinference-instrumentation-anthropic',
    contextOfUser,
    create(require) {
      const { AnthropicInstrumentation } = require('@arizeai/openinference-instrumentation-anthropic');
      return new AnthropicInstrumentation();
    },
  },
  {
    provider: 'anthropic',
    module: '@traceloop/instrumentation-anthropic',
    notMeasured: 'throws when version 1 of the SDK is loaded',
    create(require) {
      const { AnthropicInstrumentation } = require('@traceloop/instrumentation-anthropic');
      return new AnthropicInstrumentation();
    },
  },
];

/** @returns Spans for the calls of clients that are made after this. */
export function observeWith(
  { create, contextOfUser }: InstrumentationDefinition,
  require: NodeJS.Require,
): { readonly observer: Observer; readonly instrumentation: Instrumentation } {
  const observer = observeWithSpans(require, contextOfUser?.(require));
  const instrumentation = create(require);
  instrumentation.setTracerProvider(observer.provider);
  return { observer, instrumentation };
}

/** @returns One contestant for each instrumentation of the provider. */
export function instrumentationsOf<Contestant>(
  provider: InstrumentationDefinition['provider'],
  contestant: (definition: InstrumentationDefinition) => Contestant,
): (Contestant & { name: string; packages: readonly string[]; notMeasured?: string })[] {
  return instrumentations
    .filter((each) => each.provider === provider)
    .map((definition) => ({
      ...contestant(definition),
      name: `\`${definition.module}\``,
      packages: [definition.module],
      ...(definition.notMeasured !== undefined && { notMeasured: definition.notMeasured }),
    }));
}
