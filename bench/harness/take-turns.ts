/**
 * Lets contestants take turns in short rounds of one process, so that a slow moment of the machine hits all of them.
 *
 * @returns Per contestant what was measured in each round.
 */
export async function takeTurns<Contestant, Figure>(
  contestants: Readonly<Record<string, Contestant>>,
  rounds: number,
  measure: (contestant: Contestant) => Promise<Figure>,
): Promise<Record<string, Figure[]>> {
  const turns = Object.entries(contestants);
  const figures: Record<string, Figure[]> = Object.fromEntries(turns.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time: the first of a round may pay for what was left over.
    for (let turn = 0; turn < turns.length; turn += 1) {
      const [name, contestant] = turns[(round + turn) % turns.length] as [string, Contestant];
      figures[name]?.push(await measure(contestant));
    }
  }
  return figures;
}

/** @returns Per round, what a contestant took more than another one did in the same round. */
export function differences(figures: readonly number[], ofOther: readonly number[]): number[] {
  return figures.map((figure, round) => figure - (ofOther[round] ?? Number.NaN));
}
