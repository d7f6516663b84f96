import type { FetchSettings } from '@payi/core/adapter';
import { observedFetch, SdkCall } from '@payi/core/calls';
import { requestDescriber } from './call.ts';
import type { ApiClient, ApiRequest } from './client.ts';
import { sendLikeGoogle } from './no-time-limits.ts';

/** A request of the SDK that is being sent. */
interface Begun {
  readonly sdkCall: SdkCall;
  /** The request to hand on. */
  readonly observed: ApiRequest;
  /** Of the last attempt. */
  answer?: Response;
}

/** Sends the requests of one client, observed. */
export interface ObservedMethods {
  request(given: ApiRequest): Promise<unknown>;
  /** @param onCall - Gets the call that the request belongs to. */
  requestStream(given: ApiRequest, onCall?: (call: SdkCall) => void): Promise<AsyncGenerator<unknown>>;
}

/**
 * Methods in place of a client's own. Each request gets a `fetch` of its own, as the SDK's options allow: the attempts of a
 * call and its error have nothing else in common.
 *
 * @param own - The client's own methods.
 */
export function observedMethods(
  apiClient: ApiClient,
  own: Pick<ApiClient, 'request' | 'requestStream'>,
  settings: FetchSettings,
): ObservedMethods {
  const describe = requestDescriber(settings.payi);

  function begin({ httpOptions, ...rest }: ApiRequest): Begun {
    const sdkCall = new SdkCall();
    const plain = httpOptions?.fetch ?? apiClient.getFetch() ?? sendLikeGoogle;
    const send = observedFetch(plain, settings, (sent) => {
      const call = describe(sent);
      return call && { ...call, sdkCall };
    });
    const fetch = async (...sent: Parameters<typeof send>): Promise<Response> => {
      begun.answer = await send(...sent);
      return begun.answer;
    };
    const begun: Begun = { sdkCall, observed: { ...rest, httpOptions: { ...httpOptions, fetch } } };
    return begun;
  }

  return {
    async request(given) {
      const { sdkCall, observed } = begin(given);
      return sdkCall.run(() => own.request(observed));
    },
    async requestStream(given, onCall) {
      const begun = begin(given);
      const { sdkCall, observed } = begun;
      onCall?.(sdkCall);
      return chunks(await sdkCall.run(() => own.requestStream(observed)), begun);
    },
  };
}

/** Passes on the chunks. The SDK drops a stream that is left early without closing it: the model would write on. */
async function* chunks(
  source: AsyncGenerator<unknown>,
  { sdkCall, answer }: Begun,
): AsyncGenerator<unknown, void> {
  try {
    yield* source;
  } catch (error) {
    const { name, message } = error as Error;
    // The SDK's error for an error in place of a chunk, with or without `data:`.
    const [, status = name] = /^got status: (\w+)/.exec(message) ?? [];
    sdkCall.observation?.fail({ name: status, message }, 'partial');
    sdkCall.fail(error);
    throw error;
  } finally {
    answer?.body?.cancel().catch(() => {});
  }
}
