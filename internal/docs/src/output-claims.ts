import ts from 'typescript';

/** What a block says that it prints. */
export interface OutputClaim {
  readonly stream: 'stdout' | 'stderr';
  /** `…` stands for anything. */
  readonly text: string;
  /** Counted from 1 in the file of the block. */
  readonly line: number;
}

const printers: Readonly<Record<string, OutputClaim['stream']>> = {
  'console.log': 'stdout',
  'console.info': 'stdout',
  'console.table': 'stdout',
  'process.stdout.write': 'stdout',
  'console.warn': 'stderr',
  'console.error': 'stderr',
};

/**
 * Reads what a block says that it prints: a comment behind a call that prints, on the same line or on the lines right
 * below it. Prose has a blank line before it.
 */
export function outputClaimsOf(source: string): OutputClaim[] {
  const file = ts.createSourceFile('block.ts', source, ts.ScriptTarget.Latest);
  const lines = source.split('\n');
  const claims: OutputClaim[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const stream = ts.isCallExpression(node) && printers[node.expression.getText(file)];
    if (!stream) return;
    const { line, character } = file.getLineAndCharacterOfPosition(node.end);
    const rest = lines[line]?.slice(character) ?? '';
    const [, beside] = /^[\s;,)}\]]*\/\/ (.*)$/.exec(rest) ?? [];
    if (beside) claims.push({ stream, text: beside, line: line + 1 });
    if (beside || /[^\s;,)}\]]/.test(rest)) return;
    const below: string[] = [];
    for (const text of lines.slice(line + 1)) {
      const [, comment] = /^\s*\/\/ ?(.*)$/.exec(text) ?? [];
      if (comment === undefined) break;
      below.push(comment);
    }
    if (below.length > 0) claims.push({ stream, text: below.join('\n'), line: line + 2 });
  };
  visit(file);
  return claims;
}

/** Whether a block writes to `stderr` itself. */
export function writesToStderr(source: string): boolean {
  return /console\.(warn|error)|process\.stderr/.test(source);
}

/** @returns The error that a block says it ends with: its last line, `// InvalidAnnotationError: …`. */
export function uncaughtErrorOf(source: string): string | undefined {
  return /\n\/\/ (\w*Error: .*)\n*$/.exec(source)?.[1];
}

/**
 * Whether lines of the output are what a block says, whatever their line breaks and blanks: `inspect` breaks lines by
 * width, pages where they read well.
 */
export function holdsClaim(output: string, claim: string): boolean {
  const parts = onOneLine(claim).split('…');
  const lines = output.split('\n');
  return lines.some((_, from) =>
    lines
      .slice(from)
      .some((_, more) => consistsOf(parts, onOneLine(lines.slice(from, from + more + 1).join(' ')))),
  );
}

/** Whether a text is these parts, in their order, with anything between them. */
function consistsOf(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let end = first.length;
  for (const part of parts.slice(1, -1)) {
    const start = text.indexOf(part, end);
    if (start === -1) return false;
    end = start + part.length;
  }
  return end <= text.length - last.length;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
