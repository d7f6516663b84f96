import { parseArgs } from 'node:util';
import type { Annotations } from '@payi/core';

export interface DoctorOptions {
  /** Module that exports the client. Without it, only settings, packages and connection are looked at. */
  readonly module?: string | undefined;
  /** Export of the module that is a client, or makes one. */
  readonly exportName?: string | undefined;
  /**
   * Operation of the dry run, for a Bedrock client.
   *
   * @default the first that is registered
   */
  readonly operation?: string | undefined;
  /** Model of the dry run. No model is asked. */
  readonly model?: string | undefined;
  /** What the dry run is annotated with. */
  readonly annotations?: Annotations | undefined;
  /** Export of the module that holds the headers of a call, or makes them; in the place of `annotations`. */
  readonly headersExport?: string | undefined;
  /** Ids of limits to ask Pay-i for, besides those that the module names. */
  readonly limits?: readonly string[] | undefined;
  /** Names of use cases to ask Pay-i for, besides those that the module names. */
  readonly useCases?: readonly string[] | undefined;
  /** Do not ask Pay-i anything. @default false */
  readonly offline?: boolean | undefined;
  /**
   * How long the module and its dry run may take, in milliseconds.
   *
   * @default 20_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * What paths are relative to; without a module, also where to look for packages.
   *
   * @default the working directory
   */
  readonly directory?: string | undefined;
}

export interface CommandLine {
  readonly options: DoctorOptions;
  readonly json: boolean;
  readonly show: 'report' | 'help' | 'version';
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const usage = `payi-doctor [module] [options]

Looks for the reason why Pay-i does not see your calls. Without a module: settings, packages, and the way to Pay-i.
With one: also the client that it exports, and a dry run of it that is answered on this machine.

  --export <name>        the export that is the client, or a function that makes it
  --operation <name>     Bedrock: the operation of the dry run, e.g. Converse
  --model <id>           the model of the dry run; it is not asked
  --annotations <json>   what the dry run is annotated with, e.g. '{"userId":"u-42","limitIds":["team_a"]}'
  --headers <name>       or the export that holds the headers of your calls, or a function that returns them
  --limit <id>           a limit that has to exist at Pay-i; may be repeated
  --use-case <name>      a use case that has to exist at Pay-i; may be repeated
  --offline              ask Pay-i nothing
  --timeout <seconds>    how long the module and its dry run may take (20)
  --json                 one JSON object on stdout, and nothing else
  --help, --version

Exit code: 0 no errors found, 1 errors found, 2 the command line is wrong.
`;

/** @throws {@link UsageError} with what is wrong. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (positionals.length > 1) throw new UsageError(`one module at a time, got ${positionals.join(', ')}`);
  const [module] = positionals;
  const needsModule = ['export', 'operation', 'model', 'annotations', 'headers'] as const;
  const lonely = needsModule.find((name) => values[name] !== undefined);
  if (module === undefined && lonely !== undefined) throw new UsageError(`--${lonely} needs a module`);
  for (const name of ['limit', 'use-case'] as const) {
    if (values[name]?.some((text) => text.trim() === '')) throw new UsageError(`--${name} needs a name`);
  }
  if (values.annotations !== undefined && values.headers !== undefined) {
    throw new UsageError('--annotations and --headers say the same in two ways: give one of them');
  }
  return {
    json: values.json === true,
    show: values.help ? 'help' : values.version ? 'version' : 'report',
    options: {
      module,
      exportName: values.export,
      operation: values.operation?.replace(/Command$/, ''),
      model: values.model,
      annotations: parseAnnotations(values.annotations),
      headersExport: values.headers,
      limits: values.limit,
      useCases: values['use-case'],
      offline: values.offline === true,
      timeoutMs: parseSeconds(values.timeout),
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      export: { type: 'string' },
      operation: { type: 'string' },
      model: { type: 'string' },
      annotations: { type: 'string' },
      headers: { type: 'string' },
      limit: { type: 'string', multiple: true },
      'use-case': { type: 'string', multiple: true },
      offline: { type: 'boolean' },
      timeout: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  });
}

/** Any object: what it holds is checked like that of an application, and is then a finding. */
function parseAnnotations(text: string | undefined): Annotations | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // As for any other text.
  }
  throw new UsageError(`--annotations must be a JSON object, e.g. '{"userId":"u-42"}'`);
}

function parseSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600))
    throw new UsageError('--timeout must be seconds, from above 0 to 3600');
  return seconds * 1000;
}
