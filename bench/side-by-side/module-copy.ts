import { createRequire, Module } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The install root of what is compared; see its package.json. */
export const contestantsRoot = fileURLToPath(new URL('contestants/', import.meta.url));

/** Requires from that root. */
export const requireContestant: NodeJS.Require = createRequire(new URL('contestants/', import.meta.url));

/**
 * Loads modules as a process would that has loaded nothing yet: whatever `load` requires is evaluated anew, and neither
 * earlier nor later copies see it. So several instrumentations that patch the same class of the same SDK live in one
 * process, each with a copy of the SDK, and none makes the code of another's copy slower for the engine.
 *
 * Hooks that instrumentations put around `require` are taken off again, since they would answer for later copies, too.
 *
 * @param load - Has to require everything at once: what it requires later is no copy.
 */
export function loadCopy<Loaded>(load: (require: NodeJS.Require) => Loaded): Loaded {
  const { cache } = requireContestant;
  const earlier = { ...cache };
  const { require } = Module.prototype;
  clear(cache);
  try {
    return load(requireContestant);
  } finally {
    clear(cache);
    Object.assign(cache, earlier);
    Module.prototype.require = require;
  }
}

function clear(cache: NodeJS.Dict<unknown>): void {
  for (const path of Object.keys(cache)) delete cache[path];
}
