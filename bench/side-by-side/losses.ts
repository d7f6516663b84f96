import { quantile } from '../harness/quantile.ts';
import { differences } from '../harness/take-turns.ts';
import { digitsOf, processorTimes, timesOfAll, weightOf } from './columns.ts';
import type { ContestantDefinition } from './contestant.ts';
import { type Provider, providers } from './providers.ts';
import type { Results, Weight } from './results.ts';
import { scenarios } from './scenarios.ts';

/** In so many of the rounds we have to be slower, or it may have been the machine. */
const shareOfRounds = 0.75;

/**
 * Says where somebody else is cheaper, like with like: what only sends headers is compared with route `headers`, what
 * keeps records with route `direct`, what goes through Pay-i by hand with route `proxy`.
 *
 * @returns A list in Markdown.
 */
export function losses(results: Results): string {
  const lines = providers.flatMap((provider) =>
    provider.contestants.flatMap((rival) => {
      const [ours, route] = counterpart(provider, rival) ?? [];
      if (ours === undefined) return [];
      const found = [...slowerCalls(results, provider, ours, rival), ...heavier(results, ours, rival)];
      return found.length === 0
        ? []
        : [`- ${provider.name}, ${rival.name} against ${route}: ${found.join('; ')}.`];
    }),
  );
  return lines.length === 0 ? 'Nowhere by more than chance.' : lines.join('\n');
}

function counterpart(
  { contestants }: Provider,
  { name, packages }: ContestantDefinition,
): [ContestantDefinition, string] | undefined {
  const isRedirected = name.includes('through the proxy');
  if ((name.startsWith('bare') && !isRedirected) || name.startsWith('Pay-i')) return undefined;
  const sendsHeaders = packages.length === 0 || packages.includes('portkey-ai');
  const route = isRedirected ? 'route `proxy`' : sendsHeaders ? 'route `headers`' : 'route `direct`';
  const ours = contestants.find((contestant) => contestant.name === `Pay-i, ${route}`);
  return ours && [ours, route];
}

function slowerCalls(
  results: Results,
  provider: Provider,
  ours: ContestantDefinition,
  rival: ContestantDefinition,
): string[] {
  return scenarios.flatMap((scenario) => {
    const processor = [processorTimes, scenario.unit, digitsOf(scenario), scenario.title] as const;
    const clock = [timesOfAll, 'ms', 0, 'all of these on the clock'] as const;
    return (scenario.allAtOnce ? [processor, clock] : [processor]).flatMap(
      ([timesOf, unit, digits, what]) => {
        const [own, theirs] = [ours, rival].map(({ name }) => timesOf(results, provider, scenario, name));
        if (typeof own !== 'object' || typeof theirs !== 'object') return [];
        const more = differences(own, theirs);
        if (quantile(more, 1 - shareOfRounds) <= 0) return [];
        return [`${quantile(more, 0.5).toFixed(digits)} ${unit} more for ${what}`];
      },
    );
  });
}

function heavier(results: Results, ours: ContestantDefinition, rival: ContestantDefinition): string[] {
  const [own, theirs] = [weightOf(results, ours), weightOf(results, rival)];
  if (own === undefined || theirs === undefined) return [];
  const importMs = ({ imports }: Weight): number =>
    quantile(
      imports.map(({ milliseconds }) => milliseconds),
      0.5,
    );
  const measures: readonly [string, (weight: Weight) => number][] = [
    ['ms more to import', importMs],
    ['kB more in a bundle', ({ bundle }) => bundle / 1000],
    ['MB more to install', ({ footprint }) => footprint.bytes / 1e6],
  ];
  return measures.flatMap(([what, measure]) => {
    const more = measure(own) - measure(theirs);
    return more > 0.05 ? [`${more.toFixed(1)} ${what}`] : [];
  });
}
