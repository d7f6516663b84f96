import { createHash } from 'node:crypto';

/** A vector that depends on the text alone. Every component lies in [-1, 1). */
export function embeddingVector(text: string, dimensions: number): number[] {
  const seed = createHash('sha256').update(text).digest();
  return Array.from({ length: dimensions }, (_, index) => {
    const byte = seed[index % seed.length] ?? 0;
    return ((byte + index) % 256) / 128 - 1;
  });
}
