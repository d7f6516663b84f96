import type { Attributes } from '@opentelemetry/api';
import { type Annotations, ConfigurationError } from '@payi/core';

/** Attributes of spans by annotation. */
const names: Readonly<Record<keyof Annotations, string>> = {
  useCaseName: 'payi.use_case.name',
  useCaseId: 'payi.use_case.id',
  useCaseVersion: 'payi.use_case.version',
  useCaseStep: 'payi.use_case.step',
  useCaseProperties: 'payi.use_case.properties',
  userId: 'payi.user.id',
  accountName: 'payi.account.name',
  limitIds: 'payi.limit.ids',
  requestTags: 'payi.request.tags',
  requestProperties: 'payi.request.properties',
  priceAsCategory: 'payi.price_as.category',
  priceAsResource: 'payi.price_as.resource',
  resourceScope: 'payi.resource_scope',
  logPromptAndResponse: 'payi.log_prompt_and_response',
};

export const useCaseName: string = names.useCaseName;

/** @throws {@link ConfigurationError} a name is not one of an annotation. */
export function checkAllowed(allowed: readonly (keyof Annotations)[]): void {
  const unknown = Array.isArray(allowed) ? allowed.find((name) => !Object.hasOwn(names, name)) : 'it';
  if (unknown === undefined) return;
  throw new ConfigurationError(`attributes must be a list of names of annotations, and ${unknown} is none`);
}

/** A record becomes an attribute for each of its members. */
export function annotationAttributes(
  annotations: Annotations,
  allowed: readonly (keyof Annotations)[],
): Attributes {
  const attributes: Attributes = {};
  for (const field of allowed) {
    const value = annotations[field];
    const name = names[field];
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object') attributes[name] = value;
    else if (Array.isArray(value)) attributes[name] = [...value];
    else Object.assign(attributes, prefixed(name, value));
  }
  return attributes;
}

/** An attribute for each member of an object. */
export function prefixed(prefix: string, facts: object = {}): Attributes {
  return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [`${prefix}.${name}`, fact]));
}
