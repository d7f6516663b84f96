import { formatReader } from './answer-format.ts';
import * as formats from './formats.ts';
import type { Reading } from './reading.ts';

type Read = (value: unknown) => Reading;

// All are marked pure, so that a bundle leaves out the formats that it does not read.

/** Reads the metrics that Bedrock adds to the last chunk of a stream. */
export const readInvocationMetrics: Read = /* @__PURE__ */ formatReader(formats.invocationMetrics);
/** Reads the counts in the response headers of InvokeModel. Names in lower case. */
export const readTokenCountHeaders: Read = /* @__PURE__ */ formatReader(formats.tokenCountHeaders);
/** Reads a chat completion or an older completion of OpenAI, or a chunk of its stream. */
export const readOpenAIChat: Read = /* @__PURE__ */ formatReader(formats.openaiChat);
/** Reads an answer of OpenAI's image endpoints. */
export const readOpenAIImages: Read = /* @__PURE__ */ formatReader(formats.openaiImages);
/** Reads a transcription of OpenAI. */
export const readOpenAITranscript: Read = /* @__PURE__ */ formatReader(formats.openaiTranscript);
