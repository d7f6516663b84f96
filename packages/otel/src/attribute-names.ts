/** Attributes of spans and metrics, see `conventions.ts`. */

export const operation = 'gen_ai.operation.name';
export const provider = 'gen_ai.provider.name';
/** Of old conventions, which other instrumentations still follow. */
export const system = 'gen_ai.system';
export const requestModel = 'gen_ai.request.model';
export const isStream = 'gen_ai.request.stream';
export const responseId = 'gen_ai.response.id';
export const responseModel = 'gen_ai.response.model';
export const finishReasons = 'gen_ai.response.finish_reasons';
export const timeToFirstChunk = 'gen_ai.response.time_to_first_chunk';
export const tokenType = 'gen_ai.token.type';
export const tokenModality = 'gen_ai.token.modality';
export const errorType = 'error.type';
export const httpStatus = 'http.response.status_code';
