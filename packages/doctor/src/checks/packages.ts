import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { error, type Finding, ok, warning } from '../finding.ts';
import type { PackageReport } from '../report.ts';
import { isInRange } from './version-range.ts';

/** What concerns Pay-i, in the order in which it is shown. */
const adapters = ['@payi/bedrock', '@payi/openai', '@payi/anthropic', '@payi/google'];
const sdks = [
  '@aws-sdk/client-bedrock-runtime',
  'openai',
  '@anthropic-ai/sdk',
  '@anthropic-ai/bedrock-sdk',
  '@anthropic-ai/vertex-sdk',
  '@anthropic-ai/foundry-sdk',
  '@google/genai',
];
const names = ['@payi/core', ...adapters, ...sdks];

interface Installed {
  readonly name: string;
  readonly version: string;
  /** Without symbolic links. */
  readonly directory: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export interface PackagesCheck {
  readonly packages: readonly PackageReport[];
  readonly findings: readonly Finding[];
}

/** Looks where Node.js would look for packages from a directory, and from where Pay-i's packages themselves lie. */
export function checkPackages(directory: string): PackagesCheck {
  const found = new Map<string, Installed>();
  const look = (name: string, from: string): Installed | undefined => {
    const installed = findInstalled(name, from);
    if (installed !== undefined) found.set(installed.directory, installed);
    return installed;
  };
  for (const name of names) look(name, directory);
  const findings: Finding[] = [];
  const supported = new Map<string, boolean>();
  for (const adapter of [...found.values()].filter(({ name }) => adapters.includes(name))) {
    look('@payi/core', adapter.directory);
    for (const [name, range] of Object.entries(adapter.peerDependencies)) {
      const sdk = findInstalled(name, directory) ?? look(name, adapter.directory);
      if (sdk === undefined) findings.push(missingSdk(adapter.name, name, range));
      else {
        const fits = isInRange(sdk.version, range);
        if (fits !== undefined) supported.set(sdk.directory, fits);
        if (fits === false) findings.push(unsupportedSdk(adapter.name, sdk, range));
      }
    }
  }
  const packages = [...found.values()];
  return {
    packages: packages.map(({ name, version, directory: at }) => ({
      name,
      version,
      directory: shorter(at, directory),
      ...(supported.has(at) && { supported: supported.get(at) as boolean }),
    })),
    findings: [...findings, ...checkSet(packages, findings.length === 0)],
  };
}

function checkSet(packages: readonly Installed[], isFine: boolean): Finding[] {
  const payi = packages.filter(({ name }) => name.startsWith('@payi/'));
  if (payi.length === 0) {
    const message = 'no package of Pay-i is installed here';
    const fix =
      'Run the doctor in the directory of your application, or install what you need: npm install @payi/core @payi/bedrock.';
    return [warning('NO_PACKAGES', message, fix)];
  }
  const findings: Finding[] = [];
  const cores = payi.filter(({ name }) => name === '@payi/core');
  if (cores.length > 1) {
    const copies = cores.map(({ version, directory }) => `${version} in ${directory}`).join(', ');
    const fix = 'Give all packages of Pay-i one version, then: npm dedupe, or pnpm dedupe.';
    findings.push(warning('TWO_CORES', `there are ${cores.length} copies of @payi/core: ${copies}`, fix));
  }
  const versions = new Set(payi.map(({ version }) => version));
  if (versions.size > 1) {
    const list = payi.map(({ name, version }) => `${name} ${version}`).join(', ');
    const fix = 'Install one version of all of them: they are released together.';
    findings.push(warning('VERSIONS_DIFFER', `packages of Pay-i have different versions: ${list}`, fix));
  }
  if (findings.length === 0 && isFine) {
    findings.push(ok('PACKAGES', payi.map(({ name, version }) => `${name} ${version}`).join(', ')));
  }
  return findings;
}

function missingSdk(adapter: string, name: string, range: string): Finding {
  return warning(
    'SDK_MISSING',
    `${adapter} is installed, and ${name} is not: then only payiClientOptions() is of use`,
    `npm install ${name}@"${range}"`,
  );
}

function unsupportedSdk(adapter: string, { name, version }: Installed, range: string): Finding {
  const message = `${name} ${version} is not supported by ${adapter}, which takes ${range}`;
  return error('SDK_UNSUPPORTED', message, `npm install ${name}@"${range}"`);
}

/**
 * What a process has loaded: more than one copy of a package, or one in both formats.
 *
 * @param files - `file:` URLs of modules.
 */
export function checkLoaded(files: readonly string[]): Finding[] {
  const copies = new Map<string, { version: string; formats: Set<string> }>();
  for (const file of files) {
    const path = fileURLToPath(file);
    const manifest = manifestAbove(dirname(path));
    if (manifest === undefined || manifest.name !== '@payi/core') continue;
    const copy = copies.get(manifest.directory) ?? { version: manifest.version, formats: new Set() };
    copy.formats.add(/\.cjs$/.test(path) ? 'CommonJS' : 'ESM');
    copies.set(manifest.directory, copy);
  }
  if (copies.size > 1) {
    const list = [...copies].map(([directory, { version }]) => `${version} from ${directory}`).join(', ');
    const fix = 'Give all packages of Pay-i one version, then: npm dedupe, or pnpm dedupe.';
    return [warning('TWO_CORES', `the module loads ${copies.size} copies of @payi/core: ${list}`, fix)];
  }
  if ([...copies.values()].some(({ formats }) => formats.size > 1)) {
    const message =
      '@payi/core is loaded as ESM and as CommonJS: receipts agree, and instanceof does not hold between the two';
    return [warning('TWO_FORMATS', message, 'Recognise errors with isPayiError(), or load it in one way.')];
  }
  return [];
}

const manifests = new Map<string, Installed | undefined>();

function manifestAbove(directory: string): Installed | undefined {
  if (manifests.has(directory)) return manifests.get(directory);
  const parent = dirname(directory);
  const manifest = readManifest(directory) ?? (parent === directory ? undefined : manifestAbove(parent));
  manifests.set(directory, manifest);
  return manifest;
}

function findInstalled(name: string, from: string): Installed | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const manifest = readManifest(join(directory, 'node_modules', name));
    if (manifest !== undefined) return manifest;
    if (dirname(directory) === directory) return undefined;
  }
}

function readManifest(directory: string): Installed | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Partial<Installed>;
    const { name, version, peerDependencies = {} } = manifest;
    if (name === undefined || version === undefined) return undefined;
    return { name, version, peerDependencies, directory: realpathSync(directory) };
  } catch {
    return undefined;
  }
}

function shorter(path: string, from: string): string {
  const near = relative(from, path);
  return near.length < path.length ? near : path;
}
