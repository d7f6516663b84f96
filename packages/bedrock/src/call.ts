import type { Category, Registration as CoreRegistration } from '@payi/core/adapter';
import {
  annotateCall,
  isAnnotationHeader,
  Observation,
  type Reading,
  readBedrockInput,
  type SentRequest,
  withDefaultHeaders,
} from '@payi/core/calls';
import { originOf, type ProxyTarget, urlOf } from './address.ts';
import { checkExtraHeaders } from './check-extra-headers.ts';
import type { HttpRequest } from './client.ts';
import type { MetadataKeys } from './metadata-keys.ts';
import { isServed } from './operations.ts';
import { metadataMember } from './request-metadata.ts';

/** The settings of one call of `registerBedrockClientCallbacks()`. */
export interface Registration extends CoreRegistration {
  readonly operations: ReadonlySet<string>;
  /** On route `proxy` only. */
  readonly proxy: ProxyTarget | undefined;
  /** Annotations that AWS is to keep, and their keys there. */
  readonly requestMetadata: MetadataKeys;
}

type HeaderRecord = Readonly<Record<string, string>>;

const noHeaders: HeaderRecord = {};
const noNames: readonly string[] = [];

/** One call of a registered operation, from `send()` to its outcome, across all attempts. */
export class Call {
  readonly operation: string;
  readonly registration: Registration;
  /** Defaults, context and `extraHeaders`, merged. Added to every attempt. */
  headers: HeaderRecord = noHeaders;
  /** Names of the {@link headers} that carry no annotation. */
  others: readonly string[] = noNames;
  observation: Observation;
  /** `content-length` while it is kept from the signer. */
  contentLength: string | undefined;
  /** Headers of the last answer, names in lower case. */
  responseHeaders: HeaderRecord = noHeaders;
  /** Closes the connection of the answer's event stream. */
  closeStream: () => void = nothing;
  /** Where it goes on route `proxy`. `undefined` on other routes, and for what Pay-i's proxy does not serve. */
  readonly proxy: ProxyTarget | undefined;
  /** Replaces the input's `requestMetadata`. */
  readonly metadata: object | undefined;
  readonly #resource: string;
  readonly #asked: Reading;
  readonly #given: HeaderRecord | undefined;
  /** `xProxy-*` headers that other middleware added. */
  #found: HeaderRecord = noHeaders;
  /** The request of the next attempt, until it leaves. */
  #waiting: HttpRequest | undefined;
  #via: SentRequest['via'];

  /** @throws `PayiError` when `extraHeaders` cannot be sent. Nothing has left the process then. */
  constructor(operation: string, registration: Registration, input: Readonly<Record<string, unknown>>) {
    const { extraHeaders, modelId = input.guardrailIdentifier } = input;
    this.operation = operation;
    this.registration = registration;
    this.#resource = typeof modelId === 'string' ? modelId : '';
    this.#asked = readBedrockInput(input);
    this.proxy = isServed(operation) ? registration.proxy : undefined;
    this.#given = extraHeaders === undefined ? undefined : checkExtraHeaders(extraHeaders);
    this.observation = this.#annotate(registration.payi, this.#given);
    this.metadata = metadataMember(this, input.requestMetadata);
  }

  /**
   * Merges headers that other middleware put on the request of this call. They usually apply to the whole client, so they
   * override the defaults of `createPayi()`, and the context and `extraHeaders` override them.
   *
   * @throws `PayiError` when Pay-i could not read one of them.
   */
  layUnder(found: HeaderRecord): void {
    // A retry has the same headers, which are merged already.
    if (this.observation.attempts > 0) return;
    this.#found = { ...this.#found, ...found };
    const below = withDefaultHeaders(this.registration.payi, this.#found);
    const others = Object.entries(this.#found).filter(([name]) => !isAnnotationHeader(name));
    this.observation = this.#annotate(below, { ...Object.fromEntries(others), ...this.#given });
  }

  #annotate(payi: Registration['payi'], given: HeaderRecord | undefined): Observation {
    const { headers, others = noNames, annotations, warnings } = annotateCall(payi, given);
    this.headers = headers;
    this.others = others;
    const { operation, registration } = this;
    const category: Category = 'system.aws.bedrock';
    const call = {
      category,
      operation,
      resource: this.#resource,
      asked: this.#asked,
      annotations,
      warnings,
    };
    const observation = new Observation(call, registration.payi, registration.callbacks);
    if (registration.proxy !== this.proxy) {
      observation.warn(
        `Pay-i's proxy does not serve ${operation}: the call went to the provider, unknown to Pay-i`,
      );
    }
    return observation;
  }

  /** The next attempt is ready. */
  isReady(request: HttpRequest, via: SentRequest['via']): void {
    this.#via = via;
    this.#waiting = request;
  }

  /** Records that the attempt was sent, unless the caller aborted it. Later calls do nothing. */
  leave(isAborted: boolean): void {
    const request = this.#waiting;
    this.#waiting = undefined;
    if (request !== undefined && !isAborted) this.observation.attempt(new SignedRequest(request, this.#via));
  }
}

function nothing(): void {}

/** A request as the observation reads it. Its addresses are built on demand. */
export class SignedRequest implements SentRequest {
  readonly via: SentRequest['via'];
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, via: SentRequest['via']) {
    this.via = via;
    this.#request = request;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return urlOf(this.#request);
  }

  get providerUri(): string {
    return originOf(this.#request);
  }

  get headers(): Record<string, string> {
    return this.#request.headers;
  }

  get body(): unknown {
    return this.#request.body;
  }
}
