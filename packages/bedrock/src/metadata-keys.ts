// Only AWS keeps pairs of a call in its own logs.
import { ConfigurationError, headerNames, isPlainObject } from '@payi/core/adapter';

/** Annotations that AWS can keep: all with a text, a number or a list of texts. */
export type RequestMetadataAnnotation =
  | 'limitIds'
  | 'requestTags'
  | 'useCaseName'
  | 'useCaseId'
  | 'useCaseVersion'
  | 'useCaseStep'
  | 'userId'
  | 'accountName'
  | 'priceAsCategory'
  | 'priceAsResource'
  | 'resourceScope';

/** Matches names of headers that AWS cannot keep: properties, a flag, and headers that are not annotations. */
const notKept = /Properties$|^(?:log|api|provider|forward)/;

/** AWS's key for each annotation that AWS is to keep. */
export type RequestMetadataKeys = { readonly [Name in RequestMetadataAnnotation]?: string | undefined };

/**
 * What AWS's user guide allows in keys and values; its API references, which differ from each other, allow more.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-request-metadata.html
 */
const allowed = /^[\w ./:=+@-]{1,256}$/;
export const foreign: RegExp = /[^\w ./:=+@-]/gu;

/** Annotations that AWS is to keep, and their keys there. */
export type MetadataKeys = readonly (readonly [name: string, key: string])[];

/** @throws `ConfigurationError` an unsupported name, or a malformed or repeated key. */
export function checkRequestMetadata(given: unknown = {}): MetadataKeys {
  const pairs = Object.entries(Object(given)).filter(([, key]) => key !== undefined);
  const keys = pairs.map(([, key]) => key);
  const wrong = pairs.find(
    ([name, key], at) =>
      !(
        Object.hasOwn(headerNames, name) &&
        !notKept.test(name) &&
        typeof key === 'string' &&
        allowed.test(key) &&
        keys.indexOf(key) === at
      ),
  );
  if (wrong === undefined && isPlainObject(given)) return pairs as [string, string][];
  throw new ConfigurationError(
    `requestMetadata${wrong ? `.${wrong[0]}` : ''}: give each annotation with a value or a list a key of its own, of up to 256 ` +
      'letters, digits, blanks or ._:/=+@-',
  );
}
