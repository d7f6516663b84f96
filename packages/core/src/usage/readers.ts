import { formatReader } from './answer-format.ts';
import * as formats from './formats.ts';
import type { Reading } from './reading.ts';

type Read = (value: unknown) => Reading;

// Marked pure, so that a bundle leaves out the formats that it does not read.
export const readInvocationMetrics: Read = /* @__PURE__ */ formatReader(formats.invocationMetrics);
export const readTokenCountHeaders: Read = /* @__PURE__ */ formatReader(formats.tokenCountHeaders);
export const readOpenAIChat: Read = /* @__PURE__ */ formatReader(formats.openaiChat);
export const readOpenAIImages: Read = /* @__PURE__ */ formatReader(formats.openaiImages);
export const readOpenAITranscript: Read = /* @__PURE__ */ formatReader(formats.openaiTranscript);
