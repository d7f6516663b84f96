import { parseArgs } from 'node:util';
import { type Dimension, dimensions } from './tally.ts';

export interface CommandLine {
  readonly files: readonly string[];
  readonly by: readonly Dimension[];
  readonly html?: string | undefined;
  readonly csv?: string | undefined;
  readonly focus?: string | undefined;
  readonly against?: string | undefined;
  readonly send: boolean;
  readonly show: 'report' | 'help' | 'version';
}

/** The command line cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const usage: string = `payi-report <file or folder …> [options]

Shows what the calls in files of events cost. Files are those of offline mode (ndjsonFile) or of a journal. Prices are
estimates from a public price list; Pay-i's own may differ.

  --by <names>       what to group by, with commas between: ${dimensions.join(', ')} (useCase)
  --html <file>      writes a page with a chart and a table that can be filtered
  --csv <file>       writes the table
  --focus <file>     writes one line per day and model with the columns of FOCUS
  --send             delivers the events to Pay-i, each once; needs PAYI_API_KEY and PAYI_BASE_URL
  --against <path>   compares the events of Bedrock with AWS's model invocation logs instead, a file or folder, .gz too:
                     lists calls that only one of them has, or with different counts; --csv writes all. Exit code 3
                     if there are any
  --help, --version
`;

/** @throws {@link UsageError} */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        by: { type: 'string', default: 'useCase' },
        html: { type: 'string' },
        csv: { type: 'string' },
        focus: { type: 'string' },
        against: { type: 'string' },
        send: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    });
    const { html, csv, focus, against, send, help, version } = values;
    const show = help ? 'help' : version ? 'version' : 'report';
    if (show === 'report' && positionals.length === 0) throw new UsageError('name a file of events');
    if (against !== undefined && (html ?? focus ?? send) !== false) {
      throw new UsageError('--against goes with --csv only');
    }
    const by = values.by.split(',').map(dimensionOf);
    return { files: positionals, by, html, csv, focus, against, send, show };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message);
  }
}

function dimensionOf(name: string): Dimension {
  const found = dimensions.find((dimension) => dimension.toLowerCase() === name.trim().toLowerCase());
  if (found === undefined) throw new UsageError(`--by ${name}: there are ${dimensions.join(', ')}`);
  return found;
}
