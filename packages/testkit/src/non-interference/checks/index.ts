import type { Check } from '../check.ts';
import { abort } from './abort.ts';
import { backPressure } from './back-pressure.ts';
import { aggregatedClient, cachedMiddleware, callbackForm } from './call-forms.ts';
import { concurrency } from './concurrency.ts';
import { earlyBreak } from './early-break.ts';
import { exceptions } from './exceptions.ts';
import { frozenInput } from './frozen-input.ts';
import { heap } from './heap.ts';
import { bodyBytes, events, nonJsonAnswers, outputIdentity, outputShape, usage } from './outputs.ts';
import { retries } from './retries.ts';
import { streamEndings } from './stream-endings.ts';
import { timeToFirstEvent } from './time-to-first-event.ts';
import { undo } from './undo.ts';
import { unreadStream } from './unread-stream.ts';

/** In the order in which they run. */
export const checks: readonly Check[] = [
  outputShape,
  outputIdentity,
  bodyBytes,
  nonJsonAnswers,
  usage,
  events,
  timeToFirstEvent,
  backPressure,
  earlyBreak,
  unreadStream,
  streamEndings,
  exceptions,
  retries,
  abort,
  callbackForm,
  aggregatedClient,
  cachedMiddleware,
  frozenInput,
  concurrency,
  heap,
  undo,
];
