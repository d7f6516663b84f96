import { record } from './json.ts';
import { type Reading, toReading } from './reading.ts';
import { addUnit, tokenUnits, without } from './units.ts';

/**
 * Reads the body of OpenAI's image generation and editing. Older models give no usage, so nothing is known of them.
 *
 * @see https://platform.openai.com/docs/api-reference/images/object
 */
export function readOpenAIImages(body: unknown): Reading {
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details } = record(
    record(body).usage,
  );
  const { image_tokens } = record(input_tokens_details);
  const { text_tokens } = record(output_tokens_details);
  const units = tokenUnits(without(input_tokens, image_tokens), text_tokens);
  addUnit(units, 'vision', image_tokens);
  addUnit(units, 'image', undefined, without(output_tokens, text_tokens));
  return toReading({ units });
}
