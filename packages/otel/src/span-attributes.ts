import type { Attributes } from '@opentelemetry/api';
import type { PluginCall, Receipt } from '@payi/core';
import { prefixed } from './annotation-attributes.ts';
import * as attribute from './attribute-names.ts';
import { type Dialect, invokedModels, operations, providers, type TokenCount } from './conventions.ts';
import { sumOf, tokensOf } from './tokens.ts';

/** What a call is named by, on its span and on metrics. */
export interface Identity {
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
}

export function identify({
  category,
  operation,
  resource,
  annotations,
}: Pick<PluginCall, 'category' | 'operation' | 'resource' | 'annotations'>): Identity {
  // The ARN of an inference profile or an imported model does not name its model.
  const model = `${resource} ${annotations.priceAsResource ?? ''}`;
  const invoked = operation.startsWith('InvokeModel')
    ? (invokedModels.find(([name]) => name.test(model))?.[1] ?? 'chat')
    : operation;
  return {
    operation: operations[operation] ?? invoked,
    provider: providers[category] ?? category.replace(/^system\./, ''),
    model: resource,
  };
}

export function identityAttributes({ operation, provider, model }: Identity): Attributes {
  return {
    [attribute.operation]: operation,
    [attribute.provider]: provider,
    ...(model !== '' && { [attribute.requestModel]: model }),
  };
}

/**
 * What a failed call failed with: the provider's code or the class of the error, never its message.
 *
 * @returns `undefined` for a call that did not fail. A stream that the caller left or aborted did not.
 */
export function errorTypeOf({ outcome, properties, httpStatus = 0 }: Receipt): string | undefined {
  const failure = properties['system.failure'];
  const hasFailed =
    outcome === 'failed' ||
    outcome === 'blocked' ||
    (outcome === 'partial' && failure !== undefined && !failure.includes('Abort'));
  if (!hasFailed) return undefined;
  // `Error` says nothing.
  if (failure !== undefined && failure !== 'Error') return failure;
  return httpStatus >= 400 ? String(httpStatus) : '_OTHER';
}

/** Facts of a receipt under OpenTelemetry's names, and the rest under `payi.*`. */
export function receiptAttributes(receipt: Receipt, dialect: Dialect): Attributes {
  const { properties, timeToFirstTokenMs, toolCalls, usageSource } = receipt;
  const stopReason = properties['system.stop_reason'];
  const isStream =
    timeToFirstTokenMs !== undefined || usageSource === 'stream' || /stream/i.test(receipt.operation);
  const attributes: Attributes = {
    [attribute.isStream]: isStream || undefined,
    [attribute.timeToFirstChunk]: timeToFirstTokenMs && timeToFirstTokenMs / 1000,
    [attribute.responseId]: receipt.providerResponseId,
    [attribute.responseModel]: receipt.model,
    [attribute.finishReasons]: stopReason === undefined ? stopReason : [stopReason],
    [attribute.errorType]: errorTypeOf(receipt),
    [attribute.httpStatus]: receipt.httpStatus,
    'payi.outcome': receipt.outcome,
    'payi.request.id': receipt.requestId,
    'payi.usage_source': usageSource,
    'payi.service_tier': receipt.serviceTier,
    'payi.scope': receipt.scope,
    'payi.attempts': receipt.attempts,
    'payi.limits.blocked_by': receipt.blockedLimitIds?.slice(),
    'payi.tool_calls': toolCalls.length > 0 ? toolCalls.slice() : undefined,
    // Their texts may quote annotations.
    'payi.warnings': receipt.warnings.length,
    ...prefixed('payi.cost', receipt.cost),
    ...prefixed('payi.provider_cost', receipt.providerCost),
    ...prefixed('payi.billable', receipt.billable),
  };
  for (const [id, state] of Object.entries(receipt.limits ?? {})) {
    const name = `payi.limits.${state}`;
    attributes[name] = [...((attributes[name] as string[] | undefined) ?? []), id];
  }
  for (const [unit, counts] of Object.entries(receipt.units)) {
    Object.assign(attributes, prefixed(`payi.units.${unit}`, counts));
  }
  const tokens = tokensOf(receipt.units);
  for (const count of Object.keys(tokens) as TokenCount[]) {
    const name = dialect.tokens[count];
    attributes[name] = sumOf(tokens[count]);
    // Of the parts, only cached input has names by modality, and no answer tells that apart.
    if (!dialect.hasModalities || (count !== 'input' && count !== 'output')) continue;
    for (const [modality, sum] of Object.entries(tokens[count] ?? {})) {
      if (modality !== 'unknown') attributes[name.replace('usage.', `usage.${modality}.`)] = sum;
    }
  }
  return attributes;
}
