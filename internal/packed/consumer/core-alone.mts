// Core without any other package: compiled with neither Node nor DOM types.
import { type Annotations, createHeaders, headerNames, mergeAnnotations, parseHeaders } from '@payi/core';
import { getContext, track } from '@payi/core/context';

const annotations: Annotations = mergeAnnotations(
  { userId: 'a' },
  { userId: null, limitIds: ['aws_budget'] },
);
const headers: Record<string, string> = createHeaders(annotations);

export const roundTrip: Annotations = parseHeaders(headers);
export const limits: string | undefined = headers[headerNames.limitIds];
export const inside: Annotations | undefined = track(annotations, getContext);
export const later: Promise<number> = track({ userId: 'a' }, async () => 7);
