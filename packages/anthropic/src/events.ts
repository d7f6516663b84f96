import { type EventReader, readAnthropicEvent } from '@payi/core/calls';

/** Reads the events of a streamed message. */
export const messageEvents: EventReader = {
  // Matches `message_…` events, tool use, errors, Pay-i's result, and escapes that may spell these.
  relevant: /message_|tool_use|error|proxy_result|\\u00[2-7]/,
  read(event, name) {
    const type = (event as { type?: unknown } | null)?.type ?? name;
    if (type === 'xproxy_result' || type === 'proxy_result') return { isHidden: true };
    return readAnthropicEvent(event);
  },
};

/** Pay-i was seen to add its result to `message_delta`. If it sends a separate event instead, the caller must not see it. */
export const proxiedMessageEvents: EventReader = { ...messageEvents, mayHide: true };
