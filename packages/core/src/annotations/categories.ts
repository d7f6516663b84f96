/** Pay-i's names for the providers whose calls it prices: the values of `priceAsCategory`. */
export const categories = {
  openai: 'system.openai',
  azureOpenai: 'system.azureopenai',
  anthropic: 'system.anthropic',
  /** Anthropic models on Azure AI Foundry. */
  azure: 'system.azure',
  awsBedrock: 'system.aws.bedrock',
  googleVertex: 'system.google.vertex',
  databricksAws: 'system.databricks.aws',
  databricksAzure: 'system.databricks.azure',
  databricksGoogle: 'system.databricks.google',
} as const;

/** Adapters write these as literals, which the compiler checks: an import would bundle the table. */
export type Category = (typeof categories)[keyof typeof categories];
