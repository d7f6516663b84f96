import { formatReader } from './answer-format.ts';
import { otherCounts } from './compare-units.ts';
import * as formats from './formats.ts';
import { record } from './json.ts';
import { mergeReadings, nothing, type Reading } from './reading.ts';

type Read = (value: unknown) => Reading;

// All are marked pure, so that a bundle leaves out the formats that it does not read.

const readMetrics = /* @__PURE__ */ formatReader(formats.invocationMetrics);

/** Reads the metrics that Bedrock adds to the last chunk of a stream. They are not the model's own counts. */
export function readInvocationMetrics(chunk: unknown): Reading {
  const metrics = record(chunk)['amazon-bedrock-invocationMetrics'];
  if (!metrics) return nothing;
  const { units } = readMetrics(metrics);
  return { ...(units && { alsoCounted: otherCounts('metrics', units) }), isLast: true };
}

/** Reads what the headers of an answer of Bedrock say about how it was served. Names in lower case. */
export const readServedHeaders: Read = /* @__PURE__ */ formatReader(formats.servedHeaders);
/** Reads what the input of an operation of Bedrock asks for. */
export const readBedrockInput: Read = /* @__PURE__ */ formatReader(formats.bedrockInput);
/** Reads what only the body of a request to a model on Bedrock says of a call that is not billed by tokens. */
export const readBedrockRequest: Read = /* @__PURE__ */ formatReader(formats.bedrockRequest);
/** Reads the counts in the response headers of InvokeModel. Names in lower case. */
export const readTokenCountHeaders: Read = /* @__PURE__ */ formatReader(formats.tokenCountHeaders);
/** Reads a chat completion or an older completion of OpenAI, or a chunk of its stream. */
export const readOpenAIChat: Read = /* @__PURE__ */ formatReader(formats.openaiChat);
/** Reads embeddings in OpenAI's format. */
export const readOpenAIEmbeddings: Read = /* @__PURE__ */ formatReader(formats.openaiEmbeddings);
/** Reads an answer of OpenAI's image endpoints. */
export const readOpenAIImages: Read = /* @__PURE__ */ formatReader(formats.openaiImages);
/** Reads a transcription of OpenAI. */
export const readOpenAITranscript: Read = /* @__PURE__ */ formatReader(formats.openaiTranscript);
/** Reads the last event of streamed speech of OpenAI. */
export const readOpenAISpeech: Read = /* @__PURE__ */ formatReader(formats.openaiSpeech);
/** Reads what OpenAI answers when it has begun to make a video. */
export const readOpenAIVideo: Read = /* @__PURE__ */ formatReader(formats.openaiVideo);
/** Reads what a request to OpenAI asks for. */
export const readOpenAIRequest: Read = /* @__PURE__ */ formatReader(formats.openaiRequest);

const readGeminiChunk: Read = /* @__PURE__ */ formatReader(formats.geminiAnswer);
/** Reads an answer of Google, a chunk of its stream, or all of them in a list, as a stream without `alt=sse` has them. */
export const readGemini: Read = (value) =>
  Array.isArray(value) ? value.map(readGeminiChunk).reduce(mergeReadings, nothing) : readGeminiChunk(value);
