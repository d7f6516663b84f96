import { requestField } from '../request-field.ts';

/** The name of an unknown resource in Pay-i's own clients. */
const unknownModel = 'system.unknown_model';

/** The model that a request names in its body: the member of a JSON object, or the field of a form. */
export function requestedModel(body: Uint8Array): string {
  const model = requestField(body, 'model');
  return typeof model === 'string' && model !== '' ? model : unknownModel;
}
