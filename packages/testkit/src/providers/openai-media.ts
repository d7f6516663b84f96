import type { BytesAnswer, JsonAnswer } from '../bedrock-answer.ts';
import type { JsonObject } from '../json.ts';
import { embeddingVector } from '../model-families/embedding-vector.ts';
import type { SseAnswer } from '../provider-answer.ts';
import { requestField } from '../request-field.ts';
import { embeddingUsage, mediaUsage } from './openai-usage.ts';
import { picture } from './picture.ts';
import type { ProviderReply } from './provider.ts';

/** @see https://platform.openai.com/docs/api-reference/embeddings */
export function embeddings(reply: ProviderReply): JsonAnswer {
  const { json, model } = reply;
  const { input, dimensions = model.includes('large') ? 3072 : 1536, encoding_format: format } = json;
  const inputs: unknown[] = isListOfInputs(input) ? input : [input];
  const data = inputs.map((text, index) => {
    const vector = embeddingVector(JSON.stringify(text), Number(dimensions));
    const bytes = new Float32Array(vector).buffer;
    const embedding = format === 'base64' ? Buffer.from(bytes).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  return { json: { object: 'list', data, model, usage: embeddingUsage(reply) } };
}

/** An input is a text or a list of token numbers. */
function isListOfInputs(input: unknown): input is unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number';
}

/** @see https://platform.openai.com/docs/api-reference/images */
export function images(reply: ProviderReply): JsonAnswer | SseAnswer {
  const { request } = reply;
  const created = Math.floor(request.receivedAt.getTime() / 1000);
  const usage = mediaUsage(reply, {
    input_tokens_details: { text_tokens: reply.usage.inputTokens, image_tokens: 0 },
  });
  const format = { background: 'opaque', output_format: 'png', quality: 'low', size: '1024x1024' };
  if (isStreamed(reply)) {
    const type = request.path.endsWith('/edits') ? 'image_edit.completed' : 'image_generation.completed';
    return { events: [{ data: { type, b64_json: picture, created_at: created, ...format, usage } }] };
  }
  const count = Number(requestField(request.body, 'n') ?? 1);
  const data = Array.from({ length: count }, () => ({ b64_json: picture }));
  return { json: { created, ...format, data, usage } };
}

/** @see https://platform.openai.com/docs/api-reference/audio/createTranscription */
export function transcription(reply: ProviderReply): JsonAnswer | BytesAnswer | SseAnswer {
  const { text, pieces, request, model } = reply;
  const isCountedInTokens = !model.startsWith('whisper');
  const usage = isCountedInTokens
    ? {
        type: 'tokens',
        ...mediaUsage(reply, {
          input_token_details: { text_tokens: 0, audio_tokens: reply.usage.inputTokens },
        }),
      }
    : { type: 'duration', seconds: 1 };
  if (isStreamed(reply)) {
    const deltas = pieces.map((delta) => ({ type: 'transcript.text.delta', delta }));
    return { events: [...deltas, { type: 'transcript.text.done', text, usage }].map((data) => ({ data })) };
  }
  if (requestField(request.body, 'response_format') === 'text') {
    return { bytes: Buffer.from(`${text}\n`), contentType: 'text/plain; charset=utf-8' };
  }
  return { json: { text, usage } };
}

/** @see https://platform.openai.com/docs/api-reference/audio/createSpeech */
export function speech(reply: ProviderReply): BytesAnswer | SseAnswer {
  if (reply.json.stream_format !== 'sse') return { bytes: silence, contentType: 'audio/mpeg' };
  const delta = { type: 'speech.audio.delta', audio: silence.toString('base64') };
  return {
    events: [delta, { type: 'speech.audio.done', usage: mediaUsage(reply) }].map((data) => ({ data })),
  };
}

/** An MP3 without sound: the header of its metadata alone. */
const silence = Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1');

function isStreamed({ request }: ProviderReply): boolean {
  return String(requestField(request.body, 'stream')) === 'true';
}

/** @see https://platform.openai.com/docs/api-reference/moderations */
export function moderation({ json, model }: ProviderReply): JsonObject {
  const inputs: unknown[] = Array.isArray(json.input) ? json.input : [json.input];
  const categories = ['harassment', 'hate', 'illicit', 'self-harm', 'sexual', 'violence'];
  const each = <T>(value: T) => Object.fromEntries(categories.map((category) => [category, value]));
  return {
    model: model === 'unknown' ? 'omni-moderation-latest' : model,
    results: inputs.map(() => ({
      flagged: false,
      categories: each(false),
      category_scores: each(0),
      category_applied_input_types: each(['text']),
    })),
  };
}
