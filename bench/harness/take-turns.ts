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
    // By lot: whoever always came after the same one would always pay for what that one left over.
    for (const [name, contestant] of shuffled(turns)) figures[name]?.push(await measure(contestant));
  }
  return figures;
}

export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, lot: Math.random() }))
    .sort((left, right) => left.lot - right.lot)
    .map(({ item }) => item);
}

/** @returns Per round, what a contestant took more than another one did in the same round. */
export function differences(figures: readonly number[], ofOther: readonly number[]): number[] {
  return figures.map((figure, round) => figure - (ofOther[round] ?? Number.NaN));
}
