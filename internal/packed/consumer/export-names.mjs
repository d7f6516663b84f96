// Prints what each entry gives to `import` and to `require`, and the file each of them came from.
import { createRequire } from 'node:module';
import { basename } from 'node:path';

const require = createRequire(import.meta.url);
const entries = {};
for (const name of process.argv.slice(2)) {
  entries[name] = {
    imported: { file: basename(import.meta.resolve(name)), names: Object.keys(await import(name)).sort() },
    required: { file: basename(require.resolve(name)), names: Object.keys(require(name)).sort() },
  };
}
console.log(JSON.stringify(entries));
