import type { WebResponse } from '../web.ts';

/**
 * Whether an answer refuses a request because of something that it names. Reads a copy, so that the refusal can still be
 * handed on; one that is not handed on is closed.
 */
export async function isRefusalOf(names: RegExp, response: WebResponse): Promise<boolean> {
  if (response.status !== 400 && response.status !== 422) return false;
  try {
    if (!names.test(await response.clone().text())) return false;
    response.body?.cancel?.().then(undefined, () => {});
    return true;
  } catch {
    return false;
  }
}
