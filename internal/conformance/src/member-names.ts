import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

/**
 * Classes of which alone members count, by the end of a file's path: Google declares its whole SDK in one file.
 */
const classesOf: Readonly<Record<string, readonly string[]>> = {
  'genai.d.ts': ['GoogleGenAI', 'ApiClient'],
};

/** Names of the members that declarations mark as `private`, `protected` or `@internal`. Files that are missing have none. */
export function nonPublicNames(declarations: readonly string[]): Set<string> {
  return namesIn(declarations.filter(existsSync), (node, source) => {
    if (!(ts.isClassElement(node) || ts.isTypeElement(node)) || node.name === undefined) return undefined;
    const classes = classesOf[basename(source.fileName)];
    const { name } = node.parent as { readonly name?: ts.Node };
    if (classes !== undefined && !classes.includes(name?.getText(source) ?? '')) return undefined;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const isHidden =
      (ts.getCombinedModifierFlags(node) & hidden) !== 0 ||
      ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
    if (!isHidden) return undefined;
    return node.name.getText(source);
  });
}

/** Names by which the sources in a folder reach into objects, or describe them: in code, types, and texts. */
export function namesUsed(folder: string): Set<string> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.test|\.test-d|\.examples)\.ts$/.test(file))
    .map((file) => join(folder, file));
  return namesIn(sources, (node, source) => {
    if (ts.isPropertyAccessExpression(node)) {
      // `JSON.parse` is not `APIPromise.parse`.
      return node.expression.getText(source) === 'JSON' ? undefined : node.name.text;
    }
    if (ts.isPropertySignature(node) || ts.isMethodSignature(node)) return node.name.getText(source);
    if (ts.isStringLiteral(node)) return node.text;
    const isMember = ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent);
    return isMember ? (node.propertyName ?? node.name).getText(source) : undefined;
  });
}

function namesIn(
  files: readonly string[],
  nameOf: (node: ts.Node, source: ts.SourceFile) => string | undefined,
): Set<string> {
  const names = new Set<string>();
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const name = nameOf(node, source);
      if (name !== undefined) names.add(name);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return names;
}
