// Which prompts, inside a suite or across suites, are the same or nearly the same? Nearly: the Jaccard index of their
// sets of word pairs (Broder 1997, "On the resemblance and containment of documents"). Candidates come from a prefix
// filter (Chaudhuri, Ganti, Kaushik 2006), which loses none: two sets with an index of t or more share at least one of
// the |x| − ⌈t·|x|⌉ + 1 rarest members of each.
import { promptHash } from '../hash.js';
import type { Prompt, Suite } from '../records.js';
import { asked, wordsOf } from './words.js';

export interface PromptPair {
  /** `duplicate`: one prompt for the statistics, by normalised text with its system prompt. */
  kind: 'duplicate' | 'near-duplicate';
  /** In the order of suites and prompts as given. */
  first: { suite: string; prompt_id: string };
  second: { suite: string; prompt_id: string };
  /** Jaccard index, 0 to 1; 1 for duplicates. */
  similarity: number;
}

/**
 * Every pair of prompts that are the same or nearly so, in the order of the prompts.
 * @param threshold lowest Jaccard index that counts as near, above 0 to 1; one changed word in 11 gives 0.71
 */
export function findPairs(suites: Suite[], threshold = 0.7): PromptPair[] {
  const entries = suites.flatMap((suite) => suite.prompts.map((prompt) => ({ suite: suite.name, prompt })));
  const sets = entries.map(({ prompt }) => shinglesOf(prompt));
  const frequency = new Map<string, number>();
  for (const set of sets) for (const shingle of set) frequency.set(shingle, (frequency.get(shingle) ?? 0) + 1);
  const hashes = entries.map(({ prompt }) => promptHash(prompt.prompt, prompt.system));
  const seenHash = new Map<string, number[]>();
  const seenShingle = new Map<string, number[]>();
  const pairs: PromptPair[] = [];
  for (const [i, set] of sets.entries()) {
    const own = rarest(set, threshold, frequency);
    const earlier = new Set(seenHash.get(hashes[i]!));
    for (const shingle of own) for (const j of seenShingle.get(shingle) ?? []) earlier.add(j);
    push(seenHash, hashes[i]!, i);
    for (const shingle of own) push(seenShingle, shingle, i);
    for (const j of [...earlier].sort((a, b) => a - b)) {
      const duplicate = hashes[i] === hashes[j];
      const similarity = duplicate ? 1 : jaccard(set, sets[j]!);
      if (similarity < threshold) continue;
      const [first, second] = [entries[j]!, entries[i]!].map(({ suite, prompt }) => ({ suite, prompt_id: prompt.id }));
      pairs.push({ kind: duplicate ? 'duplicate' : 'near-duplicate', first: first!, second: second!, similarity });
    }
  }
  return pairs;
}

/** Pairs of neighbouring words, the ends of the text included, so that a single word is a set too; none without words. */
function shinglesOf(prompt: Prompt): Set<string> {
  const text = wordsOf(asked(prompt));
  if (text.length === 0) return new Set();
  const words = ['', ...text, ''];
  return new Set(words.slice(1).map((word, i) => `${words[i]!} ${word}`));
}

function rarest(set: Set<string>, threshold: number, frequency: Map<string, number>): string[] {
  const order = (a: string, b: string): number => frequency.get(a)! - frequency.get(b)! || (a < b ? -1 : 1);
  // Less a hair, so that rounding up never takes a member too many.
  return [...set].sort(order).slice(0, set.size - Math.ceil(threshold * set.size - 1e-9) + 1);
}

function push(index: Map<string, number[]>, key: string, position: number): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [position]);
  else list.push(position);
}

function jaccard(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const member of a) if (b.has(member)) shared++;
  return shared / (a.size + b.size - shared);
}
