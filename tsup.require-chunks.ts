import type { Options } from 'tsup';

/** Not every host of CommonJS modules can `import()`: Jest, by default, cannot. */
export const requireChunks: NonNullable<Options['plugins']>[number] = {
  name: 'require-chunks',
  renderChunk(code) {
    if (this.format !== 'cjs') return undefined;
    return {
      code: code.replaceAll(/\bimport\((['"]\.[^'"]+['"])\)/g, 'Promise.resolve().then(() => require($1))'),
    };
  },
};
