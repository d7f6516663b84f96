import type { PayiPlugin, PluginCall, Receipt } from '@payi/core';

/** What a call leaves, without facts that not every call has. */
export const plainReceipt: Receipt = {
  category: 'system.aws.bedrock',
  operation: 'Converse',
  resource: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
  annotations: {},
  outcome: 'complete',
  units: {},
  usageSource: 'none',
  attempts: 1,
  startedAt: '2026-11-29T12:00:00.000Z',
  endToEndMs: 250,
  properties: {},
  toolCalls: [],
  warnings: [],
};

/** A call with the given receipt, as core tells a plugin of it. */
export function makeCall(plugin: PayiPlugin, facts: Partial<Receipt> = {}): void {
  const receipt = { ...plainReceipt, startedAt: new Date().toISOString(), ...facts };
  const { category, operation, resource, annotations } = receipt;
  const call: PluginCall = Object.freeze({
    category,
    operation,
    resource,
    annotations,
    body: '{"content":1}',
  });
  void plugin.beforeCall?.(call);
  plugin.onReceipt?.(receipt, call);
}
