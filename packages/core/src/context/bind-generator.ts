/** The methods that sync, async and compiled generators have in common. */
interface GeneratorLike {
  next(...sent: unknown[]): unknown;
  return(...value: unknown[]): unknown;
  throw(...error: unknown[]): unknown;
}

/** Whether a value has all three methods of a generator. Streams and other iterables do not. */
export function isGeneratorLike(value: unknown): value is GeneratorLike {
  const candidate = value as Partial<GeneratorLike> | null | undefined;
  return (
    typeof value === 'object' &&
    typeof candidate?.next === 'function' &&
    typeof candidate.return === 'function' &&
    typeof candidate.throw === 'function'
  );
}

/**
 * A generator whose body always runs under `run`. Calling a generator function runs nothing yet, and each piece of its
 * body would otherwise run in the context of the reader who asked for it.
 *
 * The generator itself stays as it is, since others may hold it. What is returned inherits from it: `instanceof`, `for
 * await`, iterator helpers and disposal find what they look for.
 */
export function bindGenerator<Bound extends GeneratorLike>(
  generator: Bound,
  run: (piece: () => unknown) => unknown,
): Bound {
  const bound: GeneratorLike = {
    next: (...sent) => run(() => generator.next(...sent)),
    return: (...value) => run(() => generator.return(...value)),
    throw: (...error) => run(() => generator.throw(...error)),
  };
  return Object.create(generator, {
    next: { value: bound.next, writable: true, configurable: true },
    return: { value: bound.return, writable: true, configurable: true },
    throw: { value: bound.throw, writable: true, configurable: true },
  }) as Bound;
}
