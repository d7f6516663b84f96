import { csvLine } from './csv.ts';
import type { Cell } from './tally.ts';

const dayMs = 86_400_000;

/** Pay-i's categories, as their invoices name the providers. */
const providers: Readonly<Record<string, string>> = {
  'system.anthropic': 'Anthropic',
  'system.aws.bedrock': 'AWS',
  'system.azure': 'Microsoft',
  'system.azureopenai': 'Microsoft',
  'system.google.vertex': 'Google Cloud',
  'system.openai': 'OpenAI',
};

/** The columns of FOCUS that usage events can fill. @see https://focus.finops.org/focus-specification/ */
const columns = {
  BilledCost: ({ cost }) => cost,
  BillingCurrency: () => 'USD',
  BillingPeriodStart: ({ at }) => monthStart(at, 0),
  BillingPeriodEnd: ({ at }) => monthStart(at, 1),
  ChargeCategory: () => 'Usage',
  ChargeClass: () => '',
  ChargeDescription: ({ model, unpriced }) =>
    `${model}, estimated from usage${unpriced > 0 ? `; ${unpriced} calls without a known price` : ''}`,
  ChargeFrequency: () => 'Usage-Based',
  ChargePeriodStart: ({ at }) => time(at),
  ChargePeriodEnd: ({ at }) => time(at + dayMs),
  ConsumedQuantity: ({ input, output }) => input + output,
  ConsumedUnit: () => 'Tokens',
  ContractedCost: ({ cost }) => cost,
  EffectiveCost: ({ cost }) => cost,
  InvoiceIssuerName: ({ provider }) => providers[provider] ?? provider,
  ListCost: ({ cost }) => cost,
  PricingQuantity: ({ input, output }) => input + output,
  PricingUnit: () => 'Tokens',
  ProviderName: ({ provider }) => providers[provider] ?? provider,
  PublisherName: ({ provider }) => providers[provider] ?? provider,
  ResourceId: ({ model }) => model,
  ResourceType: () => 'Model',
  ServiceCategory: () => 'AI and Machine Learning',
  ServiceName: ({ provider }) => provider,
  SubAccountId: ({ account }) => account,
  SubAccountName: ({ account }) => account,
  Tags: ({ useCase, user, limits }) =>
    JSON.stringify({
      ...(useCase && { use_case: useCase }),
      ...(user && { user }),
      ...(limits.length > 0 && { limits: limits.join(',') }),
    }),
} satisfies Record<string, (cell: Cell) => string | number>;

/** A row for each day, model, use case, user, account and set of limits. */
export function* focusLines(cells: readonly Cell[]): Generator<string> {
  yield csvLine(Object.keys(columns));
  const values = Object.values(columns);
  for (const cell of cells) yield csvLine(values.map((read) => read(cell)));
}

function monthStart(at: number, months: number): string {
  const date = new Date(at);
  return time(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months));
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
