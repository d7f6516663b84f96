import { InvalidAnnotationError, isPayiError } from '../errors.ts';
import type { Annotations } from './annotations.ts';
import { wrongType } from './check-properties.ts';
import { fieldRules } from './field-rules.ts';
import { headerNames } from './header-names.ts';
import { checkTotal, wireLength } from './header-value.ts';

/**
 * Encodes annotations as `xProxy-*` request headers, ready for `extraHeaders` of a Bedrock call with registered
 * callbacks, or for the `headers` request option of the OpenAI and Anthropic SDKs.
 *
 * Fields that are absent, `null` or empty produce no header. The input is not changed, and nothing is returned
 * unless every field encodes. Members of a list that are not text are left out, as Pay-i's Python helper does.
 *
 * @param annotations - Plain data, see {@link Annotations}.
 * @returns A new record, spelled as in {@link headerNames}. Lists are joined with `,`; the two property bags are
 *   padded base64 of compact JSON with every character above U+007E written as `\uXXXX`;
 *   `logPromptAndResponse: false` becomes `True` in `xProxy-Logging-Disable`. All values are printable ASCII, at
 *   most {@link headerBudget} bytes each and together.
 * @throws {@link InvalidAnnotationError} a field is unknown, has the wrong type, or is one that Pay-i is documented
 *   to refuse; `error.key` is its path, e.g. `limitIds[1]`.
 * @throws {@link HeaderEncodingError} a value cannot be sent as a header; `error.byteLength` is its size in bytes.
 * @see https://docs.pay-i.com/docs/list-of-all-supported-headers
 */
export function createHeaders(annotations: Annotations): Record<string, string> {
  try {
    return encode(annotations);
  } catch (error) {
    if (isPayiError(error)) throw error;
    throw new InvalidAnnotationError('annotations', 'could not be read', { cause: error });
  }
}

function encode(annotations: Annotations): Record<string, string> {
  if (typeof annotations !== 'object' || annotations === null || Array.isArray(annotations)) {
    throw wrongType('annotations', 'an object', annotations);
  }
  refuseUnknownFields(annotations);
  const headers: Record<string, string> = {};
  const { limitIds, requestTags, userId, accountName, useCaseId, useCaseName, useCaseVersion } = annotations;
  const { useCaseStep, useCaseProperties, requestProperties, priceAsCategory, priceAsResource } = annotations;
  const { resourceScope, logPromptAndResponse } = annotations;
  // Written out, because a loop over the rules takes three times as long: the engine cannot tell its turns apart.
  if (limitIds != null) headers[headerNames.limitIds] = fieldRules.limitIds.encode(limitIds);
  if (requestTags != null) headers[headerNames.requestTags] = fieldRules.requestTags.encode(requestTags);
  if (userId != null) headers[headerNames.userId] = fieldRules.userId.encode(userId);
  if (accountName != null) headers[headerNames.accountName] = fieldRules.accountName.encode(accountName);
  if (useCaseId != null) headers[headerNames.useCaseId] = fieldRules.useCaseId.encode(useCaseId);
  if (useCaseName != null) headers[headerNames.useCaseName] = fieldRules.useCaseName.encode(useCaseName);
  if (useCaseVersion != null)
    headers[headerNames.useCaseVersion] = fieldRules.useCaseVersion.encode(useCaseVersion);
  if (useCaseStep != null) headers[headerNames.useCaseStep] = fieldRules.useCaseStep.encode(useCaseStep);
  if (useCaseProperties != null)
    headers[headerNames.useCaseProperties] = fieldRules.useCaseProperties.encode(useCaseProperties);
  if (requestProperties != null)
    headers[headerNames.requestProperties] = fieldRules.requestProperties.encode(requestProperties);
  if (priceAsCategory != null)
    headers[headerNames.priceAsCategory] = fieldRules.priceAsCategory.encode(priceAsCategory);
  if (priceAsResource != null)
    headers[headerNames.priceAsResource] = fieldRules.priceAsResource.encode(priceAsResource);
  if (resourceScope != null)
    headers[headerNames.resourceScope] = fieldRules.resourceScope.encode(resourceScope);
  if (logPromptAndResponse != null)
    headers[headerNames.logPromptAndResponse] = fieldRules.logPromptAndResponse.encode(logPromptAndResponse);
  let totalBytes = 0;
  for (const name in headers) {
    const value = headers[name] as string;
    if (value === '') delete headers[name];
    else totalBytes += wireLength(name, value);
  }
  checkTotal('annotations', totalBytes);
  return headers;
}

const fields: ReadonlySet<string> = new Set(Object.keys(fieldRules));

/** A misspelt field is a lost annotation. TypeScript sees it; this is for JavaScript and for data from elsewhere. */
function refuseUnknownFields(annotations: Annotations): void {
  for (const field in annotations) {
    if (!fields.has(field) && annotations[field as keyof Annotations] !== undefined) {
      throw new InvalidAnnotationError(
        `annotations[${JSON.stringify(field.slice(0, 40))}]`,
        `is not an annotation; the fields are ${[...fields].join(', ')}`,
      );
    }
  }
}
