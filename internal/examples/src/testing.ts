export { startEmbeddedBackend } from './embedded-backend.ts';
export { type FinishedRun, runMain } from './run-main.ts';
