import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { CodeBlock } from './code-blocks.ts';

const here = fileURLToPath(new URL('..', import.meta.url));

const optionsFor = (project: string): ts.CompilerOptions => ({
  strict: true,
  // What users may ask of their own code as well.
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  // Node.js runs them as they are.
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  typeRoots: [join(project, 'node_modules/@types')],
});

/**
 * Compiles TypeScript blocks as one program, against the packages as built. Nothing is written: the compiler finds the
 * blocks in a folder of the project that does not exist, with the named ones of a page beside its others.
 *
 * @param project - Where the packages are installed that the blocks import. @default `internal/docs`
 * @returns What the compiler says, each with page and line.
 */
export function compileBlocks(blocks: readonly CodeBlock[], project: string = here): string[] {
  const compilerOptions = optionsFor(project);
  const files = new Map(
    blocks.map((block) => [join(project, 'blocks', block.page, block.fileName), block] as const),
  );
  const folders = new Set([...files.keys()].map((file) => dirname(file)));
  const host = ts.createCompilerHost(compilerOptions);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.directoryExists = (folder) => folders.has(folder) || (directoryExists?.(folder) ?? true);
  host.readFile = (file) => files.get(file)?.source ?? readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const block = files.get(file);
    if (!block) return getSourceFile(file, languageVersion, ...rest);
    return ts.createSourceFile(file, block.source, languageVersion);
  };
  const program = ts.createProgram([...files.keys()], compilerOptions, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    const block = file && files.get(file.fileName);
    if (!file || !block) return message;
    return `${block.page}:${file.getLineAndCharacterOfPosition(start).line + 1}: ${message}`;
  });
}
