import { mediaPlaceholder } from '../../call/capture.ts';
import { isCredential } from '../../call/without-credentials.ts';
import { isSecretMember, withoutSecrets } from './without-secrets.ts';

/** Members that hold a picture, sound or a file and nothing else, in the formats of OpenAI, Bedrock and its families. */
const mediaMembers: ReadonlySet<string> = new Set([
  'audio',
  'b64_json',
  'base64',
  'base64String',
  'bytes',
  'conditionImage',
  'file_data',
  'image',
  'init_image',
  'inputImage',
  'maskImage',
  'partial_image_b64',
  'redactedContent',
]);
const mediaLists: ReadonlySet<string> = new Set(['images']);
/** Members that hold `data`, which is media. */
const mediaParents: ReadonlySet<string> = new Set(['audio', 'inline_data', 'inlineData', 'input_audio']);
/** Members that say what is in the member `data` beside them. */
const mediaTypes = ['media_type', 'mime_type', 'mimeType', 'format'] as const;

const base64 = /^[\w+/-]+={0,2}$/;
/**
 * No prose of this length goes without a blank, and nearly no identifier is that long. Anywhere in a text: the arguments
 * and results of tools are JSON in text. It begins where nothing of it goes before, so that one look is enough.
 */
const longBase64 = /(?<![\w+/-])[\w+/-]{256,}={0,2}/g;
/** The same in lines, as mail and PEM files have it. */
const wrappedBase64 = /(?<![\w+/-])(?:[\w+/]{60,76}(?:\r?\n|(?:\\r)?\\n)){3,}[\w+/]*={0,2}/g;
const embeddedMedia = /data:[\w.+/-]*(?:;[\w.+=-]*)*;base64,[\w+/=-]*/gi;
const mediaUrl = /^data:(?:image|audio|video|application|font)\//i;

/**
 * Puts `<not_instrumented>` in the place of all inline media of a JSON value: by the members that providers hold it in, as
 * data URLs anywhere in a text, and whatever else is long and looks like base64. The same for credentials: of the servers
 * that a model is to call, and of signed URLs.
 *
 * @param value - Changed in place.
 * @param name - The member of its parent.
 * @returns The value; another one only for a text.
 */
export function withoutInlineMedia(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return withoutMedia(value);
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  const holdsMedia = mediaParents.has(name) || mediaTypes.some((type) => type in members);
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (typeof member !== 'string') {
      withoutInlineMedia(member, Array.isArray(value) ? name : key);
      continue;
    }
    const isMedia =
      mediaMembers.has(key) ||
      (key === 'data' && holdsMedia) ||
      (key === 'result' && members.type === 'image_generation_call') ||
      (key === 'delta' && String(members.type).endsWith('audio.delta')) ||
      (Array.isArray(value) && mediaLists.has(name));
    const isSecret = isSecretMember(key) || (name === 'headers' && isCredential(key, member));
    members[key] =
      isSecret || (isMedia && base64.test(member)) || (key === 'data' && members.type === 'base64')
        ? mediaPlaceholder
        : withoutMedia(member);
  }
  return value;
}

function withoutMedia(text: string): string {
  if (mediaUrl.test(text)) return mediaPlaceholder;
  const bare = /base64,/i.test(text) ? text.replace(embeddedMedia, mediaPlaceholder) : text;
  // First what is long: a session token among it.
  const short = hasLongRun(bare)
    ? bare.replace(wrappedBase64, mediaPlaceholder).replace(longBase64, mediaPlaceholder)
    : bare;
  return withoutSecrets(short);
}

const runLength = 60;

/**
 * Whether so many characters of base64 stand in a row: most texts have none, and looking at every 60th character takes a
 * hundredth of the time of the expressions.
 */
function hasLongRun(text: string): boolean {
  for (let index = runLength - 1; index < text.length; index += runLength) {
    let start = index;
    while (start > index - runLength && isBase64(text.charCodeAt(start))) start -= 1;
    let end = index + 1;
    while (end - start <= runLength && isBase64(text.charCodeAt(end))) end += 1;
    if (end - start > runLength) return true;
  }
  return false;
}

/** Letters, digits, `+`, `-`, `/` and `_`. */
function isBase64(code: number): boolean {
  return (
    (code > 96 && code < 123) ||
    (code > 64 && code < 91) ||
    (code > 46 && code < 58) ||
    code === 43 ||
    code === 45 ||
    code === 95
  );
}
