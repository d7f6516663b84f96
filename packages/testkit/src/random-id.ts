import { randomInt } from 'node:crypto';

const alphabets = {
  hex: '0123456789abcdef',
  alphanumeric: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
};

/** An id that no other answer has, also in other processes. */
export function randomId(
  prefix: string,
  length: number,
  alphabet: keyof typeof alphabets = 'alphanumeric',
): string {
  const characters = alphabets[alphabet];
  return prefix + Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
