import { describe, it } from 'vitest';
import { codeBlocksOf } from '../src/code-blocks.ts';
import { type RunBlockOptions, runBlock } from '../src/run-block.ts';

let pages = 0;

/** Runs the first block of a page. @returns What is wrong with it. */
async function faultsOf(text: string, options: RunBlockOptions = {}): Promise<readonly string[]> {
  pages += 1;
  const [block, ...others] = codeBlocksOf({ path: `docs/imagined-${pages}.md`, text });
  if (!block) throw new Error('the page has no block');
  const { faults } = await runBlock(block, { siblings: others.filter(({ isNamed }) => isNamed), ...options });
  return faults.map((fault) => fault.replace(/docs\/imagined-\d+\.md/, 'page.md'));
}

const page = (language: string, ...lines: string[]): string =>
  `\`\`\`${language}\n${lines.join('\n')}\n\`\`\`\n`;
const program = (...lines: string[]): string => page('ts', ...lines);

describe.concurrent('a block', () => {
  it('may print, and call what it declares', async ({ expect }) => {
    expect(await faultsOf(program('const f = (): number => 1;', 'console.log(f()); // 1'))).toEqual([]);
  });

  it('does not end in an error', async ({ expect }) => {
    expect(await faultsOf(program("throw new Error('no');"))).toContain('It ends with 1.');
  });

  it('does not leave a rejected promise', async ({ expect }) => {
    expect(await faultsOf(program("void Promise.reject(new Error('no'));"))).toContain('It ends with 1.');
  });

  it('does not end with another exit code than 0', async ({ expect }) => {
    expect(await faultsOf(program('process.exitCode = 3;'))).toEqual(['It ends with 3.']);
  });

  it('ends by itself', async ({ expect }) => {
    const faults = await faultsOf(program('setInterval(String, 1000);'), { timeout: 1500 });
    expect(faults).toEqual(['It has not ended after 1500 milliseconds.']);
  });

  it('prints what it says', async ({ expect }) => {
    expect(await faultsOf(program('console.log(1); // 2'))).toEqual([
      'No lines of stdout are what line 2 says: 2',
    ]);
  });

  it('causes no warning', async ({ expect }) => {
    expect(await faultsOf(program("process.emitWarning('old');"))).toEqual([
      'Something else than the block writes to stderr.',
    ]);
  });

  it('calls each of its functions', async ({ expect }) => {
    const text = program(
      'export function forgotten(): void {}',
      '',
      'export const client = { send: () => 1 };',
    );
    expect(await faultsOf(text)).toEqual([
      'page.md:2: forgotten is never called.',
      'page.md:4: send is never called.',
    ]);
    expect(await faultsOf(text, { mayLeaveFunctions: true })).toEqual([]);
  });

  it('may end in the error of its last line', async ({ expect }) => {
    const text = (message: string) => program("throw new TypeError('no');", `// TypeError: ${message}`);
    expect(await faultsOf(text('no'))).toEqual([]);
    expect(await faultsOf(text('yes'))).toEqual(['It does not end in "TypeError: yes".']);
    expect(await faultsOf(program('String(1);', '// TypeError: no'))).toEqual([
      'It does not end in "TypeError: no".',
    ]);
  });

  it('starts in an empty directory, with the variables it is given and no others', async ({ expect }) => {
    const text = program(
      "import { readdirSync } from 'node:fs';",
      "console.log(readdirSync('.')); // []",
      'console.log(process.env.PAYI_API_KEY, process.env.VITEST); // key undefined',
    );
    expect(await faultsOf(text, { environment: { PAYI_API_KEY: 'key' } })).toEqual([]);
  });

  it('finds the named blocks of its page, which are part of it', async ({ expect }) => {
    const main = program("import { twice } from './twice.ts';", 'console.log(twice(2)); // 4');
    const good = program('// twice.ts', 'export const twice = (n: number): number => 2 * n;');
    const idle = program('// twice.ts', 'export const twice = (n: number) => 2 * n;', 'const f = () => 1;');
    expect(await faultsOf(main + good)).toEqual([]);
    expect(await faultsOf(main + idle)).toEqual(['page.md:8: f is never called.']);
  });

  it('does not name a block that it does not run', async ({ expect }) => {
    const faults = await faultsOf(
      program("console.log('./other.ts');") + program('// other.ts', 'String(1);'),
    );
    expect(faults).toEqual(['page.md:5: the file is never run.']);
  });

  it('sees its worker run', async ({ expect }) => {
    const main = program(
      "import { Worker } from 'node:worker_threads';",
      "new Worker(new URL('./worker.ts', import.meta.url));",
    );
    expect(await faultsOf(main + program('// worker.ts', 'console.log(1); // 1'))).toEqual([]);
    expect(await faultsOf(main + program('// worker.ts', 'const f = () => 1;'))).toEqual([
      'page.md:7: f is never called.',
    ]);
  });
});

describe.concurrent('a handler', () => {
  const handler = program(
    'export async function handler(event: { name: string }): Promise<string> {',
    "  if (event.name === '') throw new Error('nobody');",
    '  return event.name;',
    '}',
  );

  it('gets the event behind it', async ({ expect }) => {
    expect(await faultsOf(handler + page('json', '{ "name": "Ada" }'))).toEqual([]);
    expect(await faultsOf(handler + page('json', '{ "name": "" }'))).toContain('It ends with 1.');
  });

  it('needs an event', async ({ expect }) => {
    expect(await faultsOf(handler)).toContain(
      'It exports a handler, but no JSON block with an event is behind it.',
    );
  });
});

describe.concurrent('a server', () => {
  const server = program(
    "import { createServer } from 'node:http';",
    'createServer((request, response) => {',
    "  response.statusCode = request.url === '/good' ? 200 : 500;",
    "  response.end('Hello\\n');",
    '}).listen(process.env.PORT ?? 3000);',
  );
  const edge = program(
    'export default {',
    '  fetch: async (request: Request): Promise<Response> => {',
    "    if (request.url.endsWith('/good')) return new Response('Hello\\n');",
    '    return new Response(null, { status: 500 });',
    '  },',
    '};',
  );
  const options: RunBlockOptions = { environment: { PORT: '0' } };

  it.for([
    ['of Node.js', server],
    ['of an edge runtime', edge],
  ])('%s is sent the requests behind it', async ([, text = ''], { expect }) => {
    const ask = (...lines: string[]): Promise<readonly string[]> =>
      faultsOf(text + page('sh', ...lines), options);
    expect(await ask('curl http://localhost:3000/good', '# Hello')).toEqual([]);
    expect(await ask('curl http://localhost:3000/good', '# Good-bye')).toEqual([
      'The answer is not what the page says: Hello\n',
    ]);
    expect(await ask('curl http://localhost:3000/bad')).toEqual([
      expect.stringContaining('The request behind it fails'),
    ]);
  });

  it('listens', async ({ expect }) => {
    const text = program('String(1);') + page('sh', 'curl http://localhost:3000/');
    expect(await faultsOf(text)).toEqual(['It ends before it listens.']);
  });
});
