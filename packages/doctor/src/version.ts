import { createRequire } from 'node:module';

/** Of this package: sources and built files lie one level below package.json. */
export const version: string = (createRequire(import.meta.url)('../package.json') as { version: string })
  .version;
