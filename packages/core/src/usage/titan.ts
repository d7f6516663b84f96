import { count, isText, record, records } from './json.ts';
import { type Reading, toReading } from './reading.ts';
import { tokenUnits } from './units.ts';

/**
 * Reads the InvokeModel body of Amazon Titan: text, one chunk of streamed text, embeddings of text (v1, v2) and of
 * images. Embeddings have only `inputTextTokenCount`; what an image counts for is not in the answer.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
 */
export function readTitan(body: unknown): Reading {
  const { inputTextTokenCount, totalOutputTextTokenCount, completionReason, outputText, results } =
    record(body);
  const counts = records(results)
    .map((result) => count(result.tokenCount))
    .filter((tokens) => tokens !== undefined);
  const output =
    counts.length > 0 ? counts.reduce((sum, tokens) => sum + tokens, 0) : totalOutputTextTokenCount;
  const stopReason = completionReason ?? records(results)[0]?.completionReason;
  return toReading({
    units: tokenUnits(inputTextTokenCount, output),
    stopReason,
    isLast: isText(stopReason),
    hasContent: isText(outputText),
  });
}
