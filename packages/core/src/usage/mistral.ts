import { isText, record, records } from './json.ts';
import { type Reading, toReading } from './reading.ts';

/**
 * Reads the InvokeModel body of Mistral's text completion, or one chunk of it. It has no counts: those come from the
 * response headers, or from the metrics that close a stream. Mistral's chat models answer as OpenAI's do.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html
 */
export function readMistralText(body: unknown): Reading {
  const output = records(record(body).outputs)[0] ?? {};
  return toReading({
    stopReason: output.stop_reason,
    isLast: isText(output.stop_reason),
    hasContent: isText(output.text),
  });
}
