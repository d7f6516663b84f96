import type { JsonObject } from '../json.ts';
import type { TokenUsage } from '../token-usage.ts';

/** The reply of a model, before it is put into the format of its family. */
export interface ModelReply {
  modelId: string;
  /** The number of the answer, from 1. Ids derive from it, so that they are unique and the same in each run. */
  answerNumber: number;
  /** The request's body. */
  request: JsonObject;
  text: string;
  /** The same text in the pieces that a stream sends. */
  pieces: readonly string[];
  usage: TokenUsage;
  /** The stop reason to report, as the family spells it. */
  stopReason?: string | undefined;
}

/** The format of the InvokeModel bodies of one family of models. */
export interface ModelFamily {
  /** Whether a request is for this family, by the name of its model or, if an ARN hides the name, by its body. */
  matches(modelName: string, request: JsonObject): boolean;
  /** The JSON body of InvokeModel. */
  body(reply: ModelReply): JsonObject;
  /**
   * The JSON bodies of the chunks of InvokeModelWithResponseStream, at least one. They do not hold the metrics that
   * Bedrock adds to the last chunk. A family without this member cannot stream.
   */
  chunks?(reply: ModelReply): readonly JsonObject[];
}
