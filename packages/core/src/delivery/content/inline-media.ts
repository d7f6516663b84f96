import { isCredential, isSecretMember, placeholder, withoutSecrets } from '../../secrets/secrets.ts';

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Members that hold media and nothing else, in the formats of OpenAI, Google, Bedrock and its families. */
const mediaMembers = names(
  'audio b64_json base64 base64String bytes bytesBase64Encoded conditionImage file_data image init_image inputImage maskImage ' +
    'partial_image_b64 redactedContent',
);
/** Members whose member `data` is media. */
const mediaParents = names('audio inline_data inlineData input_audio');
/** Members that say what the member `data` beside them is. */
const mediaTypes = ['media_type', 'mime_type', 'mimeType', 'format'] as const;

const base64 = /^[\w+/-]+={0,2}$/;
/**
 * Matches base64 anywhere in a text, because arguments and results of tools are JSON in text. Prose of this length has
 * spaces, and few identifiers are that long. The look-behind makes it linear.
 */
const longBase64 = /(?<![\w+/-])[\w+/-]{256,}={0,2}/g;
/** The same in lines, as in mail and PEM files. */
const wrappedBase64 = /(?<![\w+/-])(?:[\w+/]{60,76}(?:\r?\n|(?:\\r)?\\n)){3,}[\w+/]*={0,2}/g;
const embeddedMedia = /data:[\w.+/-]*(?:;[\w.+=-]*)*;base64,[\w+/=-]*/gi;
const mediaUrl = /^data:(?:image|audio|video|application|font)\//i;

/**
 * Replaces all inline media of a JSON value by `<not_instrumented>`: members in which providers hold media, data URLs
 * anywhere in a text, and long base64. Replaces credentials too: of servers that a model is to call, and of signed URLs.
 *
 * @param value - Changed in place.
 * @param name - The value's name in its parent.
 * @returns The value, or a new text.
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
      (Array.isArray(value) && name === 'images');
    const isSecret = isSecretMember(key) || (name === 'headers' && isCredential(key, member));
    members[key] =
      isSecret || (isMedia && base64.test(member)) || (key === 'data' && members.type === 'base64')
        ? placeholder
        : withoutMedia(member);
  }
  return value;
}

function withoutMedia(text: string): string {
  if (mediaUrl.test(text)) return placeholder;
  const bare = /base64,/i.test(text) ? text.replace(embeddedMedia, placeholder) : text;
  // Before the secrets, because a long session token is base64, too.
  const short = hasLongRun(bare)
    ? bare.replace(wrappedBase64, placeholder).replace(longBase64, placeholder)
    : bare;
  return withoutSecrets(short);
}

const runLength = 60;

/**
 * Whether so many characters of base64 stand in a row. Most texts have none, and looking at every 60th character takes a
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
