// Only the AWS SDK's input types have no member for headers.
/**
 * Headers of one call, as `createHeaders()` of `@payi/core` returns them. Any other header that cannot break the call
 * is let through as well.
 */
export type ExtraHeaders = Readonly<Record<string, string>>;

// The comment on each member is what an editor shows. It needs lines of its own: the bundler of the
// declarations loses comments that share a line with the member.
declare module '@aws-sdk/client-bedrock-runtime' {
  interface InvokeModelCommandInput {
    /** Headers of this call, see `createHeaders()`. Needs `registerBedrockClientCallbacks(client, 'InvokeModel')`. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface InvokeModelWithResponseStreamCommandInput {
    /**
     * Headers of this call, see `createHeaders()`. Needs
     * `registerBedrockClientCallbacks(client, 'InvokeModelWithResponseStream')`.
     */
    extraHeaders?: ExtraHeaders | undefined;
  }
  // `ConverseCommandInput` extends it.
  interface ConverseRequest {
    /** Headers of this call, see `createHeaders()`. Needs `registerBedrockClientCallbacks(client, 'Converse')`. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface ConverseStreamRequest {
    /** Headers of this call, see `createHeaders()`. Needs `registerBedrockClientCallbacks(client, 'ConverseStream')`. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface ApplyGuardrailCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface CountTokensCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface GetAsyncInvokeCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface InvokeGuardrailChecksCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface InvokeModelWithBidirectionalStreamCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface ListAsyncInvokesCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
  interface StartAsyncInvokeCommandInput {
    /** Headers of this call, on route `headers` only. */
    extraHeaders?: ExtraHeaders | undefined;
  }
}
