import type { SignatureVerdict } from './authenticate.ts';
import type { BedrockOperation } from './bedrock-operation.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** A request as the local Bedrock received it, and the progress of its answer. */
export interface BedrockRequest extends RecordedRequest {
  /** Absent when the path belongs to no operation. */
  operation?: BedrockOperation;
  /** Decoded from the path. */
  modelId?: string;
  /** The pairs for AWS's model invocation logs. Absent if the call has none, or pairs that AWS refuses. */
  requestMetadata?: Readonly<Record<string, string>>;
  signature: SignatureVerdict;
}
