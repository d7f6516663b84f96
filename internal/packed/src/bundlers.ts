import { basename, join } from 'node:path';
import commonjsModule from '@rollup/plugin-commonjs';
import jsonModule from '@rollup/plugin-json';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { type BuildOptions, build } from 'esbuild';
import { type InputOptions, type OutputChunk, rollup } from 'rollup';

// Functions, which their declarations, read as those of CommonJS modules, take for namespaces.
const commonjs = commonjsModule as unknown as typeof commonjsModule.default;
const json = jsonModule as unknown as typeof jsonModule.default;

/** The code of modules that a bundle holds, by file name and in bytes before minifying. Without what is left out. */
export type Modules = Readonly<Record<string, number>>;

export interface Bundler {
  readonly name: string;
  /**
   * Bundles a program with everything it imports, for Node.js.
   *
   * @returns The entry file of each format. Files that it loads lie beside it.
   */
  write(program: string, directory: string): Promise<{ readonly esm: string; readonly cjs: string }>;
  /** What an ESM bundle of the program loads at its start, and what it may load later, with `import()`. */
  modules(program: string): Promise<{ readonly atStart: Modules; readonly later: Modules }>;
}

const esbuildOptions: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  logLevel: 'silent',
  // For Node.js esbuild prefers `main`, and cannot make an import of the `require` in a CommonJS module.
  mainFields: ['module', 'main'],
};

const esbuild: Bundler = {
  name: 'esbuild',
  async write(program, directory) {
    const entryPoints = { program };
    const outExtension = { '.js': '.mjs' };
    const esm = join(directory, 'esm');
    const cjs = join(directory, 'program.cjs');
    await build({
      ...esbuildOptions,
      entryPoints,
      format: 'esm',
      splitting: true,
      outdir: esm,
      outExtension,
    });
    await build({ ...esbuildOptions, entryPoints: [program], format: 'cjs', outfile: cjs });
    return { esm: join(esm, 'program.mjs'), cjs };
  },
  async modules(program) {
    const { metafile } = await build({
      ...esbuildOptions,
      entryPoints: { program },
      format: 'esm',
      splitting: true,
      outdir: 'nowhere',
      write: false,
      metafile: true,
    });
    const chunks = Object.entries(metafile.outputs).map(([fileName, { imports, inputs }]) => ({
      fileName,
      imports: imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path),
      modules: Object.entries(inputs).map(([file, { bytesInOutput }]): Module => [file, bytesInOutput]),
    }));
    return partition(chunks);
  },
};

const rollupOptions = (program: string): InputOptions => ({
  input: { program },
  plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs(), json()],
  // Warnings are about the provider SDKs.
  onwarn: () => {},
});

const rollupBundler: Bundler = {
  name: 'rollup',
  async write(program, directory) {
    const bundle = await rollup(rollupOptions(program));
    const write = async (format: 'es' | 'cjs', extension: string): Promise<string> => {
      const entryFileNames = `[name].${extension}`;
      const chunkFileNames = `[name]-[hash].${extension}`;
      const dir = join(directory, format);
      await bundle.write({ dir, format, entryFileNames, chunkFileNames });
      return join(dir, `program.${extension}`);
    };
    const files = { esm: await write('es', 'mjs'), cjs: await write('cjs', 'cjs') };
    await bundle.close();
    return files;
  },
  async modules(program) {
    const bundle = await rollup(rollupOptions(program));
    const { output } = await bundle.generate({ format: 'es' });
    await bundle.close();
    const chunks = output
      .filter((file): file is OutputChunk => file.type === 'chunk')
      .map(({ fileName, imports, modules }) => ({
        fileName,
        imports,
        modules: Object.entries(modules).map(([file, { renderedLength }]): Module => [file, renderedLength]),
      }));
    return partition(chunks);
  },
};

export const bundlers: readonly Bundler[] = [esbuild, rollupBundler];

type Module = readonly [file: string, bytes: number];

interface Chunk {
  readonly fileName: string;
  /** File names of the chunks that it cannot run without. */
  readonly imports: readonly string[];
  readonly modules: readonly Module[];
}

function partition(chunks: readonly Chunk[]): { atStart: Modules; later: Modules } {
  const atStart = new Set(chunks.filter(({ fileName }) => basename(fileName) === 'program.js'));
  for (const chunk of atStart) {
    for (const other of chunks) if (chunk.imports.includes(other.fileName)) atStart.add(other);
  }
  const modules = (of: readonly Chunk[]): Modules =>
    Object.fromEntries(
      of
        .flatMap((chunk) => chunk.modules)
        .filter(([, bytes]) => bytes > 0)
        .map(([file, bytes]) => [basename(file), bytes]),
    );
  return { atStart: modules([...atStart]), later: modules(chunks.filter((chunk) => !atStart.has(chunk))) };
}
