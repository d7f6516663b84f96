/**
 * What GenAI calls cost: sums, tables and a page with a chart.
 *
 * @module
 */
export type { ReportedCall } from './call.ts';
export { callOfLine } from './call.ts';
export { renderPage } from './page.ts';
export type { PageData } from './page-data.ts';
export {
  type Cost,
  pricedCategories,
  pricedModels,
  priceUnits,
  roundUsd,
  type Units,
} from './price.ts';
export { type Cell, type Dimension, type Sums, Tally } from './tally.ts';
export { upperBound } from './upper-bound.ts';
