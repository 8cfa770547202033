// Every draw of the project: seeded generators, and draws that depend on coordinates only, so that neither
// concurrency nor what was done before can change them.
import { createHash } from 'node:crypto';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { canonicalJson } from './hash.js';

/** A source of numbers in [0, 1). */
export type Random = () => number;

/** A seeded source of uniform numbers in [0, 1) with 32 bits; the same seed gives the same sequence everywhere. */
export function seeded(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  return () => (generator.next() >>> 0) / 2 ** 32;
}

/** A number in [0, 1) that is a pure function of the coordinates (SHA-256, first 48 bits). */
export function drawAt(...coordinates: (string | number | null)[]): number {
  return createHash('sha256').update(canonicalJson(coordinates)).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** The numbers 0 … n−1 in a seeded random order (Fisher–Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const j = Math.floor(random() * (i + 1));
    order[i] = order[j]!;
    order[j] = i;
  }
  return order;
}
