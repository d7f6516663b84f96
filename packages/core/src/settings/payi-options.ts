import type { Annotations } from '../annotations/annotations.ts';
import type { InvalidAnnotations } from '../annotations/mend-annotations.ts';
import type { Receipt } from '../call/receipt.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import type { Route } from './payi.ts';
import type { PayiPlugin } from './plugin.ts';

/** Options of {@link createPayi}. Unknown members are reported as diagnostic `UNKNOWN_OPTION`. */
export interface PayiOptions {
  /**
   * `false` switches Pay-i off: clients are returned as they were given, and nothing is checked or sent. The environment
   * variable `PAYI_DISABLED` (`1` or `true`) does the same for a whole process, and overrides this option.
   *
   * @default true
   */
  readonly enabled?: boolean | undefined;
  /** @default 'proxy' */
  readonly route?: Route | undefined;
  /**
   * What happens to calls on route `proxy` while Pay-i is unavailable. Other routes ignore this option.
   *
   * - `fail`: the call fails. `isPayiUnavailable()` recognizes its error.
   * - `direct`: a call that Pay-i verifiably did not forward goes to the provider itself, without Pay-i's limits, and is
   *   reported as on route `direct`, with the options `delivery` and `capture`. After three failures in a row, calls skip
   *   Pay-i for 30 s; then one call tries it again.
   *
   * @default 'fail'
   */
  readonly onUnavailable?: 'fail' | 'direct' | undefined;
  /**
   * Pay-i application key. It is sent to Pay-i only, and appears in no log and no error.
   *
   * @default environment variable `ASCERTA_API_KEY`, else `PAYI_API_KEY`
   */
  readonly apiKey?: string | undefined;
  /**
   * Base URL of Pay-i, an absolute `http:` or `https:` URL. Pay-i gives each customer an address of its own.
   *
   * @default environment variable `ASCERTA_BASE_URL`, else `PAYI_BASE_URL`, else `https://api.pay-i.com`
   */
  readonly baseUrl?: string | undefined;
  /** Annotations of every call. Annotations of the call itself override them. Checked and encoded once, at creation. */
  readonly defaults?: Annotations | undefined;
  /**
   * What happens to a call with an annotation that a header cannot carry, such as `accountName: 'Müller GmbH'`, whether it
   * comes from the call, its context or the defaults. With `'fold'` and `'leave-out'` the call goes on, and the warnings of
   * its receipt name the field. Route `direct` sends any text as it is.
   *
   * @default 'refuse'
   */
  readonly invalidAnnotations?: InvalidAnnotations | undefined;
  /**
   * Receives the receipt of each call when the call, or its stream, has ended; on route `direct`, when Pay-i has answered
   * for the event or delivery has given up. Nothing waits for this function. If it throws or rejects, you get
   * diagnostic `CALLBACK_FAILED`.
   */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined;
  /** Take part in every call: see {@link PayiPlugin}. They run at the same time. */
  readonly plugins?: readonly PayiPlugin[] | undefined;
  /**
   * Annotations that every call must have, from the call, its context or the defaults, e.g. `['useCaseName', 'accountName']`.
   * `stats().unattributed` counts calls without them.
   */
  readonly require?: readonly (keyof Annotations)[] | undefined;
  /**
   * What happens to a call without an annotation that `require` names: `report` tells it once for each place of a call, as
   * diagnostic `UNATTRIBUTED`; `refuse` throws `InvalidAnnotationError` before anything is sent.
   *
   * @default 'report'
   */
  readonly onMissing?: 'report' | 'refuse' | undefined;
  /** Receives every problem that did not stop a call. Without this function, the console gets one warning per code. */
  readonly onDiagnostic?: OnDiagnostic | undefined;
  /**
   * Which content is reported of a call that does not go to Pay-i, on route `direct` or with `onUnavailable: 'direct'`.
   * `true` reports prompts, answers and headers. A call annotated with `logPromptAndResponse: false` is reported without
   * content.
   *
   * @default false
   */
  readonly capture?: boolean | CaptureOptions | undefined;
  /** How calls that do not go to Pay-i are reported, on route `direct` or with `onUnavailable: 'direct'`. */
  readonly delivery?: DeliveryOptions | undefined;
}
