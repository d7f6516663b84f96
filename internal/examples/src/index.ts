export type { EmbeddedBackend, EmbeddedBackendOptions } from './embedded-backend.ts';
export { formatReceipt } from './format-receipt.ts';
export { type LiveProvider, missingForLive } from './missing-for-live.ts';
export { type Example, runExample } from './run-example.ts';
