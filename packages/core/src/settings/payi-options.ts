import type { Annotations } from '../annotations/annotations.ts';
import type { CaptureOptions } from '../call/capture.ts';
import type { Receipt } from '../call/receipt.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import type { OnDiagnostic } from './diagnostics.ts';
import type { Route } from './payi.ts';

/** Where calls go, what they carry and who hears of them. Unknown members are diagnostic `UNKNOWN_OPTION`. */
export interface PayiOptions {
  /** @default 'proxy' */
  readonly route?: Route | undefined;
  /**
   * Pay-i application key. Sent to Pay-i only; never logged, never in an error.
   *
   * @default environment variable `PAYI_API_KEY`, else `ASCERTA_API_KEY`
   */
  readonly apiKey?: string | undefined;
  /**
   * Where Pay-i is, as an absolute `http:` or `https:` URL.
   *
   * @default environment variable `PAYI_BASE_URL`, else `ASCERTA_BASE_URL`, else `https://api.pay-i.com`
   */
  readonly baseUrl?: string | undefined;
  /** Annotations of every call, below those of the call itself. Checked and encoded once, here. */
  readonly defaults?: Annotations | undefined;
  /**
   * Gets the receipt of each call, when the call has ended; for a stream, when the stream has; on route `direct`, when
   * Pay-i has answered for its event or delivery has given it up. Nothing waits for it; if it throws or rejects, that is
   * diagnostic `CALLBACK_FAILED`.
   */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined;
  /** Hears about whatever did not go as it should and did not stop a call. Without it: one console warning per code. */
  readonly onDiagnostic?: OnDiagnostic | undefined;
  /**
   * What of their content is reported of calls on route `direct`; `true` for prompts, answers and headers. A call whose
   * annotation `logPromptAndResponse` is false is reported without any. Of no effect on the other routes: on `proxy`
   * Pay-i sees the call itself.
   *
   * @default false
   */
  readonly capture?: boolean | CaptureOptions | undefined;
  /** How route `direct` reports calls. Of no effect on the other routes. */
  readonly delivery?: DeliveryOptions | undefined;
}
