import type { SettledCall } from '../call/settled-call.ts';
import { utf8Length } from '../runtime.ts';
import type { OnDiagnostic } from '../settings/diagnostics.ts';
import { contentOfCall, type DeliveredContent, RedactorFailure } from './content/content-of-call.ts';
import { eventOfReceipt, type Mappings } from './event-of-receipt.ts';
import type { PendingEvent } from './pending-events.ts';

/** Encodes the event of a call. An event that is encoded again keeps its id. */
export function encodeEvent(event: PendingEvent, mappings: Mappings, content?: DeliveredContent): void {
  const { receipt, providerUri, json } = event.call as SettledCall;
  if (json !== undefined) {
    event.json = json;
    event.bytes = utf8Length(json);
    return;
  }
  const item = eventOfReceipt(receipt, mappings, providerUri, content);
  if (event.id !== '') item.provider_response_id = event.id;
  event.id = item.provider_response_id;
  event.hasContent = content !== undefined;
  encodeItem(event, item);
}

export function encodeItem(event: PendingEvent, item: { readonly category: string }): void {
  event.category = item.category;
  event.json = wellFormed(JSON.stringify(item));
  event.bytes = utf8Length(event.json);
}

/** The content of a call that the options ask for. The call drops its content. */
export function takeContent(
  { content, receipt }: SettledCall,
  report: OnDiagnostic,
): DeliveredContent | undefined {
  if (content === undefined) return undefined;
  try {
    return contentOfCall(content, receipt);
  } catch (cause) {
    const isRedactor = cause instanceof RedactorFailure;
    report({
      code: isRedactor ? 'CALLBACK_FAILED' : 'INTERNAL_FAULT',
      message: `the content of a call was left out of its event: ${isRedactor ? cause.message : 'it could not be read'}`,
      operation: receipt.operation,
      cause: isRedactor ? (cause.cause ?? cause) : cause,
    });
    return undefined;
  } finally {
    content.clear();
  }
}

/** Replaces unpaired surrogates: JSON can hold them, but a server may reject the whole event. */
function wellFormed(json: string): string {
  return json.includes('\\ud') ? json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][\da-f]{2}/g, '$1\uFFFD') : json;
}
