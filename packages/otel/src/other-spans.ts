import type { Attributes, Span } from '@opentelemetry/api';
import * as attribute from './attribute-names.ts';

const modelCalls: ReadonlySet<unknown> = new Set([
  'chat',
  'text_completion',
  'embeddings',
  'generate_content',
]);

/**
 * Whether a span is that of a call of a model, as another instrumentation creates it: OpenTelemetry's for the AWS SDK or
 * OpenAI, OpenLLMetry, the AI SDK. Spans of agents and tools are not: the call is a part of them.
 *
 * The API of OpenTelemetry cannot read attributes, the spans of its SDKs can.
 */
export function isOfModelCall(span: Span): boolean {
  const { attributes } = span as { readonly attributes?: Attributes };
  if (attributes === undefined || !span.isRecording()) return false;
  const operation = attributes[attribute.operation];
  // OpenTelemetry's span of InvokeModel only has the system.
  return operation === undefined ? attributes[attribute.system] !== undefined : modelCalls.has(operation);
}
