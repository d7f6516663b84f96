import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import ts from 'typescript';
import type { Entry, PublishedPackage } from './published-packages.ts';

/**
 * Every declaration that the users of an entry can see, from its `.d.ts` as built, as a page to review: sorted, without
 * comments except `@deprecated`, with what is declared but not exported where an exported name leads to it.
 *
 * The same on every machine and Node.js version, as API Extractor brings its own compiler.
 *
 * @throws when the package is not built, or its declarations do not compile.
 */
export async function apiReport(published: PublishedPackage, entry: Entry): Promise<string> {
  const declarations = join(published.directory, 'dist', `${entry.file}.d.ts`);
  const blocks = [await exportedDeclarations(published, entry, declarations), ...augmentations(declarations)];
  const title = `# \`${entry.name}\``;
  const note =
    'Generated from the built declarations, and compared with them by the tests. `pnpm run api` writes it anew.';
  return `${[title, note, ...blocks.map((block) => `\`\`\`ts\n${block}\n\`\`\``)].join('\n\n')}\n`;
}

async function exportedDeclarations(
  { folder, directory }: PublishedPackage,
  entry: Entry,
  declarations: string,
): Promise<string> {
  const reports = await mkdtemp(join(tmpdir(), 'payi-api-'));
  try {
    const files = [declarations];
    // Named as a file: API Extractor does not find the global names of packages in `types`.
    files.push(join(directory, 'node_modules/@types/node/index.d.ts'));
    const compilerOptions = { module: 'nodenext', target: 'es2022', lib: ['es2023'], strict: true };
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: directory,
        mainEntryPointFilePath: declarations,
        newlineKind: 'lf',
        compiler: {
          overrideTsconfig: {
            compilerOptions: { ...compilerOptions, exactOptionalPropertyTypes: true, skipLibCheck: true },
            files,
          },
        },
        apiReport: {
          enabled: true,
          reportFileName: `${folder}-${entry.file}`,
          reportFolder: reports,
          reportTempFolder: reports,
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
          extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
          tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(directory, 'package.json'),
    });
    const problems: string[] = [];
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.text);
        message.handled = true;
      },
    });
    if (problems.length > 0) throw new Error(`${entry.name}: ${problems.join('\n')}`);
    return tidy(await readFile(join(reports, `${folder}-${entry.file}.api.md`), 'utf8'));
  } finally {
    await rm(reports, { recursive: true, force: true });
  }
}

/** Nothing but the declarations. All are public: what users should not rely on is not exported. */
function tidy(report: string): string {
  const [, block = ''] = report.match(/```ts\n([\s\S]*)```/) ?? [];
  return block
    .replaceAll(/^ *\/\/ \(No @packageDocumentation.*\n/gm, '')
    .replaceAll(/^( *\/\/.*) \(undocumented\)$/gm, '$1')
    .replaceAll(/^( *\/\/) @public(.*)$/gm, '$1$2')
    .replaceAll(/^ *\/\/\n/gm, '')
    .trim();
}

/** What an entry adds to the declarations of other packages, which API Extractor leaves out. */
function augmentations(declarations: string): string[] {
  const source = ts.createSourceFile(
    declarations,
    readFileSync(declarations, 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
  const printer = ts.createPrinter({ removeComments: true });
  return source.statements
    .filter((statement) => ts.isModuleDeclaration(statement) && ts.isStringLiteral(statement.name))
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, source));
}
