import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publishedPackages } from '@payi-internal/release/published-packages';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, createConsumer } from './consumer.ts';

const require = createRequire(import.meta.url);
const compilers = { '5.9': 'typescript-5.9', '6.0': 'typescript', '7.0': 'typescript-7.0' };
const programs = ['annotated-bedrock-calls', 'annotated-openai-calls', 'annotated-anthropic-calls'];
const everyEntry = ['every-entry.mts', 'every-entry.cts'];
const annotatedOperations = ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'];

describe('the types of the packed packages', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await createConsumer();
    // No program uses all that is published; this one names it, so that its declarations are found and read.
    const entries = publishedPackages.flatMap(({ entries }) => entries);
    const code = entries.map(({ name }, index) => `export * as entry${index} from '${name}';\n`).join('');
    for (const file of everyEntry) await writeFile(join(consumer.directory, file), code);
  }, 300_000);
  afterAll(() => consumer?.remove());

  /** Compiles some files of the consumer as one program. Resolves with the compiler's output, empty when all is well. */
  async function check(compiler: string, files: string[], options: object): Promise<string> {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      target: 'es2022',
      // Without the DOM, whose declarations would be checked again in every program.
      lib: ['es2023'],
      ...options,
    };
    await writeFile(join(consumer.directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const manifest = require.resolve(`${compiler}/package.json`);
    const { bin } = JSON.parse(await readFile(manifest, 'utf8')) as { bin: { tsc: string } };
    const tsc = join(dirname(manifest), bin.tsc);
    return new Promise((resolve) => {
      execFile(process.execPath, [tsc, '-p', consumer.directory], (error, stdout, stderr) =>
        resolve(error === null ? '' : withoutOthersFaults(stdout + stderr || String(error))),
      );
    });
  }

  for (const [version, compiler] of Object.entries(compilers)) {
    describe(`under TypeScript ${version}`, () => {
      // What `.mts` and `.cts` resolve to is the same for `node16` and `nodenext`, as both go by the file's own kind.
      for (const [module, moduleResolution] of [
        ['node16', 'node16'],
        ['nodenext', 'nodenext'],
        ['preserve', 'bundler'],
      ]) {
        it(`accept what is right and refuse mistakes, as ESM and CJS, with moduleResolution ${moduleResolution}`, async () => {
          // `types`: the AWS SDK's own declarations need those of Node.js. TypeScript 5 finds them by itself.
          // Declarations themselves, which are the same in all three, are checked in one: they take the most time.
          const skipLibCheck = moduleResolution !== 'nodenext';
          const options = { module, moduleResolution, types: ['node'], skipLibCheck };
          const files = programs.flatMap((name) => [`${name}.mts`, `${name}.cts`]);
          expect(await check(compiler, [...files, ...everyEntry, 'testkit-servers.mts'], options)).toBe('');
        });
      }

      it('leave the AWS SDK as it is for a program that does not import @payi/bedrock', async () => {
        const options = { module: 'nodenext', types: ['node'], skipLibCheck: true };
        expect(await check(compiler, ['without-bedrock.mts'], options)).toBe('');
      }, 300_000);

      it('of core need neither Node nor DOM types', async () => {
        const options = { module: 'nodenext', types: [] };
        expect(await check(compiler, ['core-alone.mts'], options)).toBe('');
      }, 300_000);
    });
  }

  it.each(['index.d.ts', 'index.d.cts'])('keep the comment on extraHeaders in %s', async (file) => {
    const path = join(consumer.directory, 'node_modules/@payi/bedrock/dist', file);
    const comments = memberComments(await readFile(path, 'utf8'), 'extraHeaders');
    for (const operation of annotatedOperations) {
      const comment = comments[`${operation}CommandInput`] ?? comments[`${operation}Request`];
      expect(comment).toContain(`registerBedrockClientCallbacks(client, '${operation}')`);
    }
  });
});

/** What a compiler says, but for the declarations of `@google/genai`: they name types of the DOM that Node.js has not. */
function withoutOthersFaults(output: string): string {
  const lines = output.split('\n').filter((line) => !line.includes('/node_modules/@google/genai/'));
  return lines.join('\n').trim();
}

/** The doc comment on a member of each interface, by the name of the interface. */
function memberComments(declarations: string, member: string): Record<string, string> {
  const comments: Record<string, string> = {};
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertySignature(node) &&
      ts.isInterfaceDeclaration(node.parent) &&
      node.name.getText() === member
    ) {
      comments[node.parent.name.text] = ts
        .getJSDocCommentsAndTags(node)
        .map((doc) => doc.getText())
        .join('\n');
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('index.d.ts', declarations, ts.ScriptTarget.ES2022, true));
  return comments;
}
