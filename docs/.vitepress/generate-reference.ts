/**
 * Writes the API reference, `docs/reference`, from the docstrings of everything that is published: one page per entry.
 * Whatever TypeDoc warns of fails it: a `{@link}` that leads nowhere, a type in a signature that no entry exports, an
 * exported name without a docstring.
 */
import { fileURLToPath } from 'node:url';
import { root } from '@payi-internal/release/published-packages';
import { Application, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { publishedEntries } from './published-entries.ts';
import { repositoryFile } from './repository.ts';

const options: Partial<TypeDocOptions & PluginOptions> = {
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: publishedEntries.map(({ source }) => source),
  tsconfig: fileURLToPath(new URL('../tsconfig.reference.json', import.meta.url)),
  out: fileURLToPath(new URL('../reference', import.meta.url)),
  name: 'API reference',
  readme: 'none',
  // One page per entry, in the order in which one looks for things.
  router: 'module',
  entryFileName: 'index',
  groupOrder: ['Functions', 'Interfaces', 'Type Aliases', 'Variables', 'Classes', '*'],
  displayBasePath: root,
  // The same on every machine, whatever its clone was cloned from.
  disableGit: true,
  sourceLinkTemplate: repositoryFile('{path}#L{line}'),
  // What our types inherit from Node.js and the provider SDKs is theirs to document.
  excludeExternals: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  packagesRequiringDocumentation: publishedEntries.map((entry) => entry.package),
  requiredToBeDocumented: ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable'],
  intentionallyNotDocumented: [
    '@payi/core/adapter.clientOptions.Fetch',
    '@payi/core/adapter.lazyFetch.Fetch',
    '@payi/core/calls.clientFetch.Fetch',
    '@payi/core/calls.observedFetch.Fetch',
    '@payi/openai.payiClientOptions.__type.fetch',
    '@payi/anthropic.payiClientOptions.__type.fetch',
    '@payi/bedrock.payiClientOptions.__type.fetch',
    '@payi/google.payiClientOptions.__type.fetch',
    '@payi/testkit.ServerResponse.stream.__type.session.__type.destroy',
  ],
  indexFormat: 'table',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  tableColumnSettings: { hideSources: true, hideModifiers: true, hideInherited: true, hideOverrides: true },
};

const application = await Application.bootstrapWithPlugins(options);
const project = await application.convert();
if (project === undefined) process.exit(1);
for (const module of project.children ?? []) {
  const source = module.sources?.[0]?.fullFileName;
  module.name = publishedEntries.find((entry) => entry.source === source)?.name ?? module.name;
}
application.validate(project);
await application.generateOutputs(project);
if (application.logger.hasErrors() || application.logger.hasWarnings()) process.exit(1);
