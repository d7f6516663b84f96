import { onExit, processWide, warn } from '../runtime.ts';

interface Watch {
  /** Header records created so far. `undefined` while nobody watches, and for good once a client is registered. */
  made: number | undefined;
  isRegistered: boolean;
  tell(): void;
}

const watch: Watch = /* @__PURE__ */ processWide('@payi/core.unusedHeaders', () => ({
  made: undefined,
  isRegistered: false,
  tell() {},
}));

/** An application may create some headers before it registers a client, but not this many. */
const tooMany = 20;

/**
 * Warns once if an application creates headers and never registers a client: an SDK that ignores unknown input sends such
 * calls without their annotations, silently. Warns on the console, because without a registration there is no other place.
 *
 * @param remedy - What the application forgot.
 */
export function watchHeaders(remedy: string): void {
  if (watch.isRegistered || watch.made !== undefined) return;
  watch.made = 0;
  watch.tell = () => {
    if (!watch.made) return;
    watch.made = undefined;
    warn(
      `[payi] NOT_REGISTERED: headers of createHeaders() were made, and no client is registered: ${remedy}`,
    );
  };
  onExit(watch.tell);
}

/** Stops watching: a client is registered. */
export function headersAreUsed(): void {
  watch.isRegistered = true;
  watch.made = undefined;
}

/** Called for each record of headers. */
export function countHeaders(): void {
  if (watch.made === undefined) return;
  watch.made += 1;
  if (watch.made === tooMany) watch.tell();
}
