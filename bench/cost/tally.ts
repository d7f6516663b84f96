import { tokens } from './answers.ts';

/** Counts calls whose usage was read, so that nobody is fast because it does not look. */
export class Tally {
  calls = 0;

  /** Does not count an answer that is said to have taken other tokens than it did. */
  add(input: unknown, output: unknown): void {
    if (Number(input) === tokens.input && Number(output) === tokens.output) this.calls += 1;
  }
}
