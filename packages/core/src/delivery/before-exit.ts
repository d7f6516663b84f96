import { onExit } from '../runtime.ts';

const listeners = new Set<() => void>();
let isListening = false;

/**
 * Runs when the process is about to end. One listener of the process for all: it warns of more than ten.
 *
 * @returns Takes it back.
 */
export function beforeExit(listener: () => void): () => void {
  listeners.add(listener);
  if (!isListening) {
    isListening = true;
    onExit(() => {
      for (const listen of listeners) listen();
    });
  }
  return () => listeners.delete(listener);
}
