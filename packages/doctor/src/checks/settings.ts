import { createPayi, isPayiError } from '@payi/core';
import { addressHint, isUnencrypted } from '@payi/core/adapter';
import { error, type Finding, ok, warning } from '../finding.ts';
import type { SettingsReport } from '../report.ts';

export interface Settings {
  readonly report: SettingsReport;
  /** As the environment has it. */
  readonly apiKey: string | undefined;
  /** Absent when it is malformed. */
  readonly baseUrl: string | undefined;
  /** An error among the first means that the key must not be sent. */
  readonly findings: { readonly apiKey: readonly Finding[]; readonly baseUrl: readonly Finding[] };
}

const defaultBaseUrl = 'https://api.pay-i.com';

/** Reads what `createPayi()` would read from the environment. */
export function checkSettings(environment: NodeJS.ProcessEnv): Settings {
  const key = firstOf(environment, ['ASCERTA_API_KEY', 'PAYI_API_KEY'] as const);
  const base = firstOf(environment, ['ASCERTA_BASE_URL', 'PAYI_BASE_URL'] as const);
  const baseUrl = parseBaseUrl(base?.value);
  const proxyVariables = Object.keys(environment)
    .filter((name) => /^(?:https?_proxy|all_proxy|no_proxy)$/i.test(name) && environment[name] !== '')
    .sort();
  return {
    report: {
      apiKey: { source: key?.name ?? 'none' },
      baseUrl: { value: baseUrl ?? base?.value ?? defaultBaseUrl, source: base?.name ?? 'default' },
      proxyVariables,
    },
    apiKey: key?.value,
    baseUrl,
    findings: {
      apiKey:
        key === undefined
          ? [noKey]
          : [...checkKey(key.name, key.value), ...checkOther('API_KEY', 'TWO_KEYS', environment)],
      baseUrl: [...checkBaseUrl(base, baseUrl), ...checkOther('BASE_URL', 'TWO_BASE_URLS', environment)],
    },
  };
}

interface Setting<Name extends string> {
  readonly name: Name;
  readonly value: string;
}

function firstOf<const Name extends string>(
  environment: NodeJS.ProcessEnv,
  names: readonly Name[],
): Setting<Name> | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

const noKey: Finding = error(
  'NO_API_KEY',
  'there is no Pay-i application key: ASCERTA_API_KEY and PAYI_API_KEY are not set',
  'Set PAYI_API_KEY to an application key of Pay-i and PAYI_BASE_URL to the address that Pay-i gave you, or pass apiKey and baseUrl to createPayi(). Only route headers needs no key.',
);

/** @param name - Where the key was found, for people. */
export function checkKey(name: string, value: string): Finding[] {
  if (!/^[\x21-\x7e]+$/.test(value)) {
    const fix = `Copy the key again into ${name}, without blanks, line ends and characters that are not ASCII.`;
    return [error('CONFIGURATION', `${name} holds characters that no key has`, fix)];
  }
  if (/^["'].*["']$/.test(value)) {
    const fix = `Take the quotes off the value of ${name}: in .env files of Docker, for one, they are part of it.`;
    return [error('KEY_QUOTED', `the value of ${name} is in quotes, which are sent with it`, fix)];
  }
  if (/^(?:sk-|AKIA|ASIA|bedrock-api-key-|ABSK)/.test(value)) {
    const fix = `Put the provider's key where its SDK looks for it, and an application key of Pay-i into ${name}.`;
    return [error('KEY_OF_PROVIDER', `${name} holds what looks like a key of a provider`, fix)];
  }
  return [ok('API_KEY', `the key comes from ${name} and is well-formed`)];
}

/** Both names are read, and the older one comes second. */
function checkOther(name: string, code: string, environment: NodeJS.ProcessEnv): Finding[] {
  const [used, other] = [`ASCERTA_${name}`, `PAYI_${name}`];
  const [value, otherValue] = [used, other].map((variable) => environment[variable]?.trim());
  if (!value || !otherValue || value === otherValue) return [];
  const fix = 'Unset one of them, or make them the same.';
  return [warning(code, `${used} and ${other} are both set and differ; ${used} is used`, fix)];
}

function parseBaseUrl(value: string | undefined): string | undefined {
  try {
    return createPayi({ baseUrl: value ?? defaultBaseUrl, apiKey: 'unused', onDiagnostic: () => {} }).baseUrl;
  } catch (thrown) {
    if (isPayiError(thrown)) return undefined;
    throw thrown;
  }
}

function checkBaseUrl(base: Setting<string> | undefined, baseUrl: string | undefined): Finding[] {
  const name = base?.name ?? 'the default base URL';
  if (baseUrl === undefined) {
    const message = `${name} is no base URL that can be used`;
    const fix =
      'Set it to the address that Pay-i gave you: an absolute http: or https: URL without credentials, query or fragment.';
    return [error('CONFIGURATION', message, fix)];
  }
  return checkAddress(baseUrl, name);
}

/** @param name - Where the address was found, for people. */
export function checkAddress(baseUrl: string, name: string): Finding[] {
  const { pathname } = new URL(baseUrl);
  if (/\/api\/v1(?:\/|$)/.test(pathname)) {
    const fix = `Take the path from /api/v1 on off ${name}: it is appended.`;
    return [
      error('BASE_URL_WITH_PATH', `${name} holds the path of the API, which is appended to it again`, fix),
    ];
  }
  if (isUnencrypted(baseUrl)) {
    const message = `${name} is an http: URL: the key, prompts and answers travel in the clear`;
    return [warning('BASE_URL_WITHOUT_TLS', message, 'Use https:.')];
  }
  if (addressHint(baseUrl) !== '') {
    const message = `the base URL is the default, ${baseUrl}: Pay-i gives each customer an address of its own`;
    const fix =
      'Set PAYI_BASE_URL, or baseUrl of createPayi(), to the address that Pay-i gave you. A wrong address is the commonest mistake.';
    return [warning('DEFAULT_BASE_URL', message, fix)];
  }
  return [ok('BASE_URL', `the base URL is ${baseUrl} (${name})`)];
}
