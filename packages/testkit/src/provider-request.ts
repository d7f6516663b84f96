import type { JsonObject } from './json.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** A request as a local OpenAI, Anthropic or Google received it, and the progress of its answer. */
export interface ProviderRequest extends RecordedRequest {
  /** The provider's name of the operation, e.g. `chat/completions`. Absent when the path belongs to none. */
  operation?: string;
  /** The model or the deployment, decoded from the path or read from the body. */
  model?: string;
  /** The body, if it is a JSON object. */
  json?: JsonObject;
}
