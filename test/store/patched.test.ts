// A table in which changed chunks are put is the table made of all chunks from nothing, to the last key.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../src/random.js';
import type { Failure, Tally } from '../../src/records.js';
import { CHUNK, encodeChunk, PackedChunk, unpack } from '../../src/store/chunks.js';
import { type Frame, framed, frameOf } from '../../src/store/frames.js';
import { patched } from '../../src/store/patched.js';
import { layOut } from '../../src/tally/table.js';

const CHUNKS = 12;
const REASONS: Failure[] = ['refused', 'unreadable', 'truncated'];

/** Ids that sort otherwise than their places, two suites, and texts that come twice. */
const FRAME: Frame = frameOf(
  Array.from({ length: CHUNKS * CHUNK }, (_, position) => ({
    position,
    suite: position % 5 === 0 ? 'east' : 'west',
    domain: position % 5 === 0 ? 'in-domain' : null,
    category: position % 3 === 0 ? null : `c${position % 3}`,
    prompt_id: `p${(position * 37) % 1000}`,
    prompt_hash: `h${position % 700}`,
  })),
);

/** A chunk with some judges on some of its prompts, or null where it has none. */
function chunkOf(chunk: number, seed: number, judges: readonly string[]): PackedChunk | null {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const own: { position: number; tally: Tally }[] = [];
  for (let place = 0; place < CHUNK; place++) {
    if (below(3) > 0) continue;
    const position = chunk * CHUNK + place;
    for (const judge of judges) {
      if (below(4) === 0) continue;
      own.push({ position, tally: tallyOf(judge, position, below) });
    }
  }
  if (own.length === 0) return null;
  const table = layOut(own.map(({ tally }) => tally));
  return new PackedChunk(
    chunk,
    encodeChunk({ table, positions: Int32Array.from(own, ({ position }) => position), beside: [] }),
  );
}

function tallyOf(judge: string, position: number, below: (n: number) => number): Tally {
  const repeats = 1 + below(4);
  const letters = Array.from({ length: repeats }, () => 'wltof-'[below(6)]!);
  const scored = (letter: string) =>
    letter === 'f' || letter === '-' ? null : below(5) / 4 + (below(9) === 0 ? 0.1 : 0);
  const failures = letters.filter((letter) => letter === 'f').length;
  const order = () => ({ wins: below(3), losses: below(3), ties: below(2), failed: below(2), score: below(9) / 4 });
  return {
    ...{ suite: '', domain: null, category: null, prompt_id: String(position), prompt_hash: String(position), judge },
    ...{ outcomes: letters.join(''), scores: letters.map(scored), pairs: below(repeats) },
    ...{ baseline_first: order(), candidate_first: order(), order_unknown: { ...order(), wins: 0 } },
    failures: failures === 0 ? {} : { [REASONS[below(REASONS.length)]!]: failures },
    ...{
      length_difference: below(100) - 50,
      lengths: repeats,
      baseline_length: below(100),
      candidate_length: below(90),
    },
    ...{ unequal: 1, longer_wins: below(2), quotes: 1, quote_mismatches: below(2), rated: 1, score_contradictions: 0 },
    criteria: below(3) === 0 ? { [`k${below(3)}`]: { n: 1, difference: below(5) - 2, decisive: 1, agrees: 1 } } : {},
  };
}

const JUDGES = ['ann', 'bob', 'eve'];
const everyChunk = (seed: number, judges = JUDGES) =>
  Array.from({ length: CHUNKS }, (_, chunk) => chunkOf(chunk, seed * 100 + chunk, judges));
const present = (chunks: (PackedChunk | null)[]) => chunks.filter((chunk) => chunk !== null);
const fromNothing = (chunks: (PackedChunk | null)[]) => framed(FRAME, unpack(present(chunks)));
/** Chunks that nothing is left of, too. */
const changes = fc.uniqueArray(fc.nat(CHUNKS - 1), { minLength: 1, maxLength: 2 });

describe('patched', () => {
  it('gives what is made of all chunks from nothing, whatever has changed in a few of them', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), changes, fc.boolean(), (seed, other, changed, empty) => {
        const before = everyChunk(seed);
        const now = before.map((chunk, at) =>
          changed.includes(at) ? (empty ? null : chunkOf(at, other + at, JUDGES)) : chunk,
        );
        const made = patched(FRAME, fromNothing(before), present(now), new Set(changed));
        const whole = fromNothing(now);
        expect(made).toEqual(whole);
        expect([...made!.table.failures.keys()]).toEqual([...whole.table.failures.keys()]);
        expect([...made!.table.criteria.keys()]).toEqual([...whole.table.criteria.keys()]);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the table before as it was', () => {
    const before = fromNothing(everyChunk(1));
    patched(FRAME, before, present(everyChunk(1).with(3, chunkOf(3, 77, JUDGES))), new Set([3]));
    expect(before).toEqual(fromNothing(everyChunk(1)));
  });

  it('is noticed where a chunk that has changed is forgotten', () => {
    const before = everyChunk(1);
    const now = before.with(3, chunkOf(3, 77, JUDGES)).with(5, chunkOf(5, 78, JUDGES));
    const forgetful = patched(FRAME, fromNothing(before), present(now), new Set([3]));
    expect(forgetful).not.toEqual(fromNothing(now));
  });

  it('gives nothing where a judge came, or where much has changed', () => {
    const before = everyChunk(1);
    const come = before.with(3, chunkOf(3, 77, [...JUDGES, 'zoe']));
    expect(patched(FRAME, fromNothing(before), present(come), new Set([3]))).toBeNull();
    expect(patched(FRAME, fromNothing(before), present(before), new Set([1, 2, 3, 4]))).toBeNull();
  });
});
