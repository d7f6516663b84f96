import type { ResourceScope } from './resource-scopes.ts';

/**
 * A flat bag of facts about a call or a use case. The only annotation that carries any text: it travels as base64.
 * `null` is sent as `null`.
 */
export type Properties = Readonly<Record<string, string | null>>;

/**
 * The facts a caller attaches to a GenAI call: who it was for, and why.
 *
 * Every field is optional. When layers meet (see {@link mergeAnnotations}), `undefined` inherits from the layer
 * below; `null`, and for text, lists and bags also the empty value, clears what that layer said. A field that is
 * cleared or was never set produces no header.
 *
 * On routes `proxy` and `headers`, plain text fields hold printable ASCII and neither start nor end with a blank,
 * because they travel as HTTP header values. Put any other text into one of the two property bags, or let
 * `invalidAnnotations` of `createPayi()` fold it.
 */
export interface Annotations {
  /** The kind of work, defined beforehand at Pay-i. Letters, digits, `.`, `-` and `_`; at most 64 characters. */
  readonly useCaseName?: string | null | undefined;
  /** One instance of the use case, for example one conversation. */
  readonly useCaseId?: string | null | undefined;
  /** An integer from 0 up. Version 0 is sent. */
  readonly useCaseVersion?: number | null | undefined;
  /** The part of the use case this call belongs to, for example `extract`. */
  readonly useCaseStep?: string | null | undefined;
  /** Facts about the use case instance. */
  readonly useCaseProperties?: Properties | null | undefined;
  /** The person or system the call was for. No spaces. The same id under two accounts is two users. */
  readonly userId?: string | null | undefined;
  /** The customer the user belongs to. */
  readonly accountName?: string | null | undefined;
  /** Ids of the limits this call counts against, in order. Each is trimmed and must not hold a comma. Empty ones are left out. */
  readonly limitIds?: readonly string[] | null | undefined;
  /**
   * Letters, digits, `_` and `-`. Each tag is trimmed. Empty ones are left out.
   *
   * Legacy: the service still reads tags, its current Python SDK no longer sends them. Prefer `requestProperties`.
   */
  readonly requestTags?: readonly string[] | null | undefined;
  /** Facts about this one call. */
  readonly requestProperties?: Properties | null | undefined;
  /** Price the call as one of this provider, see {@link categories}. */
  readonly priceAsCategory?: string | null | undefined;
  /** Price the call as one of this model. */
  readonly priceAsResource?: string | null | undefined;
  /** Where the model is deployed, see {@link resourceScopes}. */
  readonly resourceScope?: ResourceScope | null | undefined;
  /** `false` asks Pay-i not to keep prompt and response. `true` and absent send no header. */
  readonly logPromptAndResponse?: boolean | null | undefined;
}
