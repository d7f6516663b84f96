import type { FetchSettings } from '@payi/core/adapter';
import { observedFetch, SdkCall } from '@payi/core/calls';
import { requestDescriber } from './call.ts';
import type { ApiClient, ApiRequest, GoogleClient, Models, SendingMethods } from './client.ts';
import { sendLikeGoogle } from './no-time-limits.ts';

/** A request of the SDK that is being sent. */
interface Begun {
  readonly sdkCall: SdkCall;
  /** The request to hand on. */
  readonly observed: ApiRequest;
  /** Of the last attempt. */
  answer?: Response;
}

/**
 * Methods in place of a client's own. Each request gets a `fetch` of its own, as the SDK's options allow: the attempts of a
 * call and its error have nothing else in common.
 *
 * @param own - The client's own methods.
 */
export function observedMethods(
  { apiClient, models }: GoogleClient,
  own: SendingMethods,
  settings: FetchSettings,
): SendingMethods {
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

  async function sendStream(begun: Begun): Promise<AsyncGenerator<unknown>> {
    const { sdkCall, observed } = begun;
    return chunks(await sdkCall.run(() => own.requestStream(observed)), begun);
  }

  return {
    async request(given) {
      const { sdkCall, observed } = begin(given);
      return sdkCall.run(() => own.request(observed));
    },
    requestStream: (given) => sendStream(begin(given)),
    async generateContentStream(parameters) {
      let first: SdkCall | undefined;
      const ofCall = modelsWith(models, apiClient, (given) => {
        const begun = begin(given);
        first ??= begun.sdkCall;
        return sendStream(begun);
      });
      const stream = await (ofCall ?? own).generateContentStream(parameters);
      first?.observation?.attachTo(stream);
      return stream;
    },
  };
}

/**
 * The SDK's object for models, for one call: only so is it known which request a stream comes from. Adding anything to the
 * parameters of the call would change its body.
 *
 * @returns `undefined` if the SDK does not create it so.
 */
function modelsWith(
  models: Models,
  apiClient: ApiClient,
  requestStream: ApiClient['requestStream'],
): Models | undefined {
  const ofCall = new Proxy(apiClient, {
    get(target, name) {
      if (name === 'requestStream') return requestStream;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  try {
    return new (models.constructor as new (apiClient: ApiClient) => Models)(ofCall);
  } catch {
    return undefined;
  }
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
