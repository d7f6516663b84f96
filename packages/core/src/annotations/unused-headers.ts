import { onExit, processWide, warn } from '../runtime.ts';

interface Watch {
  /** Records of headers that were made so far. `undefined` while nobody watches, and for good once somebody registered. */
  made: number | undefined;
  isRegistered: boolean;
  tell(): void;
}

const watch: Watch = /* @__PURE__ */ processWide('@payi/core.unusedHeaders', () => ({
  made: undefined,
  isRegistered: false,
  tell() {},
}));

/** An application makes some headers before it registers its clients, but not many. */
const tooMany = 20;

/**
 * Begins to watch for an application that makes headers and never registers a client: where a provider's SDK ignores
 * what it does not know, its calls go out without their annotations, and nobody says so. Once, on the console: without a
 * registration there is no other place.
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

/** A client is registered: the headers that are made can be used. */
export function headersAreUsed(): void {
  watch.isRegistered = true;
  watch.made = undefined;
}

/** To be called for each record of headers. */
export function countHeaders(): void {
  if (watch.made === undefined) return;
  watch.made += 1;
  if (watch.made === tooMany) watch.tell();
}
