import type { Facts } from './describe-value.ts';
import type { Verdict } from './report.ts';
import type { Scene, SceneOptions, Side, Stage } from './stage.ts';

/**
 * Runs a scenario on both sides and compares the facts that it returns, line by line.
 *
 * @param options - Called for each side, so that a script that counts its calls begins from the start.
 * @param scenario - An error on the instrumented side is a fact.
 * @throws An error on the bare side, because without the bare side nothing can be compared.
 */
export async function compareFacts(
  stage: Stage,
  options: () => SceneOptions,
  scenario: (scene: Scene) => Promise<Facts>,
): Promise<Verdict> {
  const facts = (side: Side): Promise<Facts> =>
    stage.play(side, options(), async (scene) => {
      // Each side has a server of its own, whose address may be in the message of an error.
      const address = new URL(scene.bedrock.url).host;
      return (await scenario(scene)).map((fact) => fact.replaceAll(address, 'the-server'));
    });
  const bare = await facts('bare');
  const instrumented = await facts('instrumented').catch(
    (error: unknown): Facts => [`the scenario failed with ${error}`],
  );
  return compare(bare, instrumented);
}

/** The same for scenarios that depend on the moment of a break or an abort: a difference must occur twice. */
export async function compareFactsTwice(...comparison: Parameters<typeof compareFacts>): Promise<Verdict> {
  const verdict = await compareFacts(...comparison);
  return verdict.passed ? verdict : compareFacts(...comparison);
}

/** Compares two descriptions; the verdict's `detail` quotes the first line in which they differ. */
export function compare(bare: Facts, instrumented: Facts): Verdict {
  const length = Math.max(bare.length, instrumented.length);
  for (let index = 0; index < length; index += 1) {
    if (bare[index] === instrumented[index]) continue;
    const [expected = 'nothing', found = 'nothing'] = [bare[index], instrumented[index]];
    return { passed: false, detail: `“${expected}” became “${found}”`, ...counts(bare, instrumented) };
  }
  return { passed: true, detail: 'the same facts', ...counts(bare, instrumented) };
}

function counts(bare: Facts, instrumented: Facts): Pick<Verdict, 'bare' | 'instrumented'> {
  return { bare: `${bare.length} facts`, instrumented: `${instrumented.length} facts` };
}

/** The outcome of a call: its value, or its error. */
export async function outcomeOf<Value>(
  call: () => Promise<Value>,
): Promise<{ value: Value; error?: never } | { value?: never; error: unknown }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}
