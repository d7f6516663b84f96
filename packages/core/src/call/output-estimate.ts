import { decodeText } from '../runtime.ts';
import { isText, parseJson, record } from '../usage/json.ts';
import { isOfTokens, type Reading } from '../usage/reading.ts';
import { splitEvents } from '../usage/split-events.ts';

const charactersPerToken = 4;

/** Members of events that hold what the model wrote, as text. */
const written =
  /^(?:delta|text|content|refusal|reasoning|reasoning_content|thinking|partial_json|arguments|input|transcript|generation|outputText)$/;

/** Estimates the output of a stream from the text in its events. Keeps no text, only its length. */
export class OutputEstimate {
  #characters = 0;
  /** From Anthropic's `message_start`, whose count of output is provisional, to its `message_delta`. */
  #hasBegun = false;

  /** @param piece - A block of server-sent events, JSON of one event as UTF-8, or a parsed event. */
  piece(piece: unknown): void {
    const events =
      typeof piece === 'string'
        ? splitEvents(piece).map(({ data }) => parseJson(data))
        : [piece instanceof Uint8Array ? parseJson(decodeText(piece)) : piece];
    for (const event of events) {
      const { type } = record(event);
      if (type === 'message_start' || type === 'message_delta') this.#hasBegun = type === 'message_start';
      // Anthropic and OpenAI say by a type what an event holds. Those that end a part of the answer repeat all of it.
      if (!isText(type) || /(?<!audio[._])delta$/.test(type)) this.#characters += charactersIn(event, '');
    }
  }

  /**
   * Adds the estimate to what is known of a stream that ended early.
   *
   * @returns `undefined` if output was counted, or nothing came.
   */
  complete(
    reading: Reading,
  ): { readonly reading: Reading; readonly warnings: readonly string[] } | undefined {
    const { units = {} } = reading;
    const output = Math.ceil(this.#characters / charactersPerToken);
    let counted = 0;
    for (const name in units) if (isOfTokens(name)) counted += units[name]?.output ?? 0;
    if (output <= counted || (counted > 0 && !this.#hasBegun)) return undefined;
    const warnings = [
      `the output is an estimate: one token for ${charactersPerToken} characters of the text that came`,
    ];
    if (units.text?.input === undefined) {
      warnings.push('the input is not known: the stream ended before it was counted');
    }
    return { reading: { ...reading, units: { ...units, text: { ...units.text, output } } }, warnings };
  }
}

/** @param name - Of the member that holds the value. The members of a list have that of the list. */
function charactersIn(value: unknown, name: string): number {
  if (typeof value === 'string') return written.test(name) ? value.length : 0;
  // Google sends the arguments of a call as an object.
  if (name === 'args') return JSON.stringify(value)?.length ?? 0;
  let characters = 0;
  const members = record(value);
  for (const member in members) {
    characters += charactersIn(members[member], Array.isArray(value) ? name : member);
  }
  return characters;
}
