export { startEmbeddedBackend } from './embedded-backend.ts';
export { runLive } from './run-live.ts';
export { type FinishedRun, runMain } from './run-main.ts';
