// Which text AlpacaEval's judge saw first. Its annotator draws the order from Python's `random` seeded with a text, so
// anyone can draw it again: `random.Random("is_switched_outputs" + instruction + seed).random() >= 0.5` means that
// output_2 was shown first. Source: alpaca_eval `utils.random_seeded_choice`; CPython `random.seed` version 2 and
// `init_by_array` of MT19937 (Matsumoto and Nishimura 1998).
import { createHash } from 'node:crypto';
import type { Order } from '../records.js';

/** The order AlpacaEval draws for an instruction; `seed` is the annotator's (0 in every published file). */
export function seededOrder(instruction: string, seed = 0): Order {
  return pythonRandom(`is_switched_outputs${instruction}${seed}`) >= 0.5 ? 'candidate-first' : 'baseline-first';
}

/** The first number of Python's `random.Random(text).random()`, in [0, 1) with 53 bits. */
export function pythonRandom(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  const number = Buffer.concat([bytes, createHash('sha512').update(bytes).digest()]);
  const state = initByArray(words(number));
  const a = firstOutput(state, 0) >>> 5;
  const b = firstOutput(state, 1) >>> 6;
  return (a * 2 ** 26 + b) / 2 ** 53;
}

/** A big-endian number as 32-bit words, least significant first, without leading zero words. */
function words(number: Buffer): Uint32Array {
  const padded = Buffer.concat([Buffer.alloc((4 - (number.length % 4)) % 4), number]);
  const list = new Uint32Array(padded.length / 4);
  for (let i = 0; i < list.length; i++) list[i] = padded.readUInt32BE(padded.length - 4 * (i + 1));
  let used = list.length;
  while (used > 1 && list[used - 1] === 0) used--;
  return list.subarray(0, used);
}

const N = 624;
const M = 397;

function initByArray(key: Uint32Array): Uint32Array {
  const mt = new Uint32Array(N);
  mt[0] = 19650218;
  for (let i = 1; i < N; i++) mt[i] = Math.imul(1812433253, mt[i - 1]! ^ (mt[i - 1]! >>> 30)) + i;
  let i = 1;
  let j = 0;
  const advance = (): void => {
    i++;
    if (i < N) return;
    mt[0] = mt[N - 1]!;
    i = 1;
  };
  for (let k = Math.max(N, key.length); k > 0; k--) {
    mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1664525)) + key[j]! + j;
    advance();
    j = (j + 1) % key.length;
  }
  for (let k = N - 1; k > 0; k--) {
    mt[i] = (mt[i]! ^ Math.imul(mt[i - 1]! ^ (mt[i - 1]! >>> 30), 1566083941)) - i;
    advance();
  }
  mt[0] = 0x80000000;
  return mt;
}

/** Output `i` of the generator for i < N − M: the twist of that word needs only words that are still untwisted. */
function firstOutput(mt: Uint32Array, i: number): number {
  const y = (mt[i]! & 0x80000000) | (mt[i + 1]! & 0x7fffffff);
  let x = mt[i + M]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  x ^= x >>> 11;
  x ^= (x << 7) & 0x9d2c5680;
  x ^= (x << 15) & 0xefc60000;
  return (x ^ (x >>> 18)) >>> 0;
}
