import { describe, expect, it } from 'vitest';
import * as core from './index.ts';

describe('@payi/core', () => {
  it('exports exactly these names', () => {
    expect(Object.keys(core).sort()).toEqual([
      'CallBlockedError',
      'ConfigurationError',
      'HeaderEncodingError',
      'InvalidAnnotationError',
      'PayiError',
      'UnregisteredOperationError',
      'UnsupportedClientError',
      'categories',
      'createHeaders',
      'createPayi',
      'headerBudget',
      'headerNames',
      'isLimitReached',
      'isPayiError',
      'isPayiUnavailable',
      'mergeAnnotations',
      'parseHeaders',
      'payiEnv',
      'receiptOf',
      'resourceScopes',
      'whenSettled',
    ]);
  });

  it('names the categories and scopes that Pay-i knows', () => {
    expect(core.categories).toEqual({
      openai: 'system.openai',
      azureOpenai: 'system.azureopenai',
      anthropic: 'system.anthropic',
      azure: 'system.azure',
      awsBedrock: 'system.aws.bedrock',
      googleVertex: 'system.google.vertex',
      databricksAws: 'system.databricks.aws',
      databricksAzure: 'system.databricks.azure',
      databricksGoogle: 'system.databricks.google',
    });
    expect(core.resourceScopes).toEqual({ global: 'global', datazone: 'datazone', region: 'region' });
  });
});
