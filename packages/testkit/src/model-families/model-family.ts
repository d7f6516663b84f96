import type { JsonObject } from '../json.ts';
import type { TokenUsage } from '../token-usage.ts';

/** What a model has to say, before it is put into the words of its family. */
export interface ModelReply {
  modelId: string;
  /** Counts the answers of a server from 1. Ids are made of it, so that each answer has its own and a run repeats. */
  answerNumber: number;
  /** The request's body. */
  request: JsonObject;
  text: string;
  /** The same text in the pieces in which a stream sends it. */
  pieces: readonly string[];
  usage: TokenUsage;
  /** The reason to report for the end of the answer, in the family's own vocabulary. */
  stopReason?: string | undefined;
}

/** How the models of one family word their InvokeModel bodies. */
export interface ModelFamily {
  /** Whether a request is for this family, by the name of its model or, where an ARN hides that, by its body. */
  matches(modelName: string, request: JsonObject): boolean;
  /** The JSON body of InvokeModel. */
  body(reply: ModelReply): JsonObject;
  /**
   * The JSON bodies of the chunks of InvokeModelWithResponseStream, at least one. The metrics that Bedrock adds to the
   * last one are not part of them. A family without this member cannot stream.
   */
  chunks?(reply: ModelReply): readonly JsonObject[];
}
