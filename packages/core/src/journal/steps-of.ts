import type { StoredEvent } from '../settings/store.ts';

/** What {@link Store.recover} returns at once. `bytes`: of JSON, about. */
const maxStep = { events: 100, bytes: 1_048_576 };

/** Events in lists that a queue takes at once. */
export function* stepsOf(events: Iterable<StoredEvent>): Generator<readonly StoredEvent[]> {
  let step: StoredEvent[] = [];
  let length = 0;
  for (const event of events) {
    if (step.length >= maxStep.events || (length > 0 && length + event.json.length > maxStep.bytes)) {
      yield step;
      step = [];
      length = 0;
    }
    step.push(event);
    length += event.json.length;
  }
  if (step.length > 0) yield step;
}
