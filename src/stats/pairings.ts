// Who met whom how often, and who beat whom: what every ranking is computed from, and when one exists at all (Ford 1957).

export interface Comparison {
  a: string;
  b: string;
  /** 1 when a wins, 0.5 tie, 0 when b wins; a graded score counts as parts of a win each. */
  score: number;
}

/** `wins[i * size + j]` of item i over j, `ties` symmetric; names in alphabetical order. */
export interface Pairings {
  names: string[];
  wins: Float64Array;
  ties: Float64Array;
}

/** Wins and ties by pair, one pass over any number of comparisons; an item against itself is left out. */
export function pairings(comparisons: Iterable<Comparison>): Pairings {
  const seen = new Map<string, number>();
  let size = 64;
  let wins = new Float64Array(size * size);
  let ties = new Float64Array(size * size);
  const indexOf = (name: string): number => {
    let at = seen.get(name);
    if (at === undefined) {
      at = seen.size;
      seen.set(name, at);
      if (at === size) {
        [wins, ties] = [grown(wins, size), grown(ties, size)];
        size *= 2;
      }
    }
    return at;
  };
  for (const { a, b, score } of comparisons) {
    const i = indexOf(a);
    const j = indexOf(b);
    if (i === j) continue;
    if (score === 0.5) {
      ties[i * size + j]! += 1;
      ties[j * size + i]! += 1;
    } else {
      wins[i * size + j]! += score;
      wins[j * size + i]! += 1 - score;
    }
  }
  const names = [...seen.keys()].sort();
  const places = names.map((name) => seen.get(name)!);
  const pick = (from: Float64Array): Float64Array =>
    Float64Array.from({ length: names.length ** 2 }, (_, at) => {
      const [i, j] = [places[Math.floor(at / names.length)]!, places[at % names.length]!];
      return from[i * size + j]!;
    });
  return { names, wins: pick(wins), ties: pick(ties) };
}

function grown(from: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(4 * size * size);
  for (let i = 0; i < size; i++) to.set(from.subarray(i * size, (i + 1) * size), i * 2 * size);
  return to;
}

/** Wins with each tie as half a win to both sides. */
export function halfWins({ wins, ties }: Pairings): Float64Array {
  return wins.map((w, at) => w + ties[at]! / 2);
}

export interface Connection {
  /** Groups of items that met, directly or through others; ratings have no common scale across them. */
  components: string[][];
  /**
   * Groups within which everyone is beaten along some way, best first where one group never lost to the next: with more
   * than one the likelihood has no finite maximum.
   */
  tiers: string[][];
}

/** Components of the meeting graph and of the win graph (ties count as wins of both). */
export function connection({ names }: Pairings, wins: Float64Array): Connection {
  const size = names.length;
  const beats = reach(size, (i, j) => wins[i * size + j]! > 0);
  const meets = reach(size, (i, j) => wins[i * size + j]! > 0 || wins[j * size + i]! > 0);
  const group = (same: (i: number, j: number) => boolean): number[][] => {
    const groups: number[][] = [];
    for (let i = 0; i < size; i++) {
      const home = groups.find((g) => same(g[0]!, i));
      if (home) home.push(i);
      else groups.push([i]);
    }
    return groups;
  };
  const strong = group((i, j) => beats[i]!.has(j) && beats[j]!.has(i));
  strong.sort((g, h) => beats[h[0]!]!.size - beats[g[0]!]!.size);
  const named = (groups: number[][]): string[][] => groups.map((g) => g.map((i) => names[i]!));
  return { components: named(group((i, j) => meets[i]!.has(j))), tiers: named(strong) };
}

/** Whether everyone is reached from everyone along wins: the likelihood has one finite maximum (Ford 1957). */
export function stronglyConnected(wins: Float64Array, size: number): boolean {
  const reachesAll = (won: (i: number, j: number) => boolean): boolean => {
    const seen = new Uint8Array(size);
    const queue = [0];
    seen[0] = 1;
    for (let at = 0; at < queue.length; at++) {
      for (let j = 0; j < size; j++) {
        if (seen[j] === 1 || !won(queue[at]!, j)) continue;
        seen[j] = 1;
        queue.push(j);
      }
    }
    return queue.length === size;
  };
  return reachesAll((i, j) => wins[i * size + j]! > 0) && reachesAll((i, j) => wins[j * size + i]! > 0);
}

function reach(size: number, edge: (i: number, j: number) => boolean): Set<number>[] {
  return Array.from({ length: size }, (_, start) => {
    const seen = new Set([start]);
    for (const i of seen) for (let j = 0; j < size; j++) if (edge(i, j)) seen.add(j);
    return seen;
  });
}
