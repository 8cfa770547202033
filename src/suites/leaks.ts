// Which prompts stand in training data? A row holds a prompt when one of its texts is the prompt (case, punctuation and
// white space aside), or when it shares a run of 13 words with it (Brown et al. 2020, "Language Models are Few-Shot
// Learners", appendix C, where contamination is a shared 13-gram). A prompt of 8 to 12 words is one run; a shorter one
// counts only as a whole text.
import { readJsonl } from '../jsonl.js';
import type { Suite } from '../records.js';
import { asked, wordsOf } from './words.js';

const LONGEST_RUN = 13;
const SHORTEST_RUN = 8;
const LISTED = 20;

interface Leak {
  /** `duplicate`: a text of a row is the prompt; `overlap`: a row shares a run of words with it. */
  kind: 'duplicate' | 'overlap';
  suite: string;
  prompt_id: string;
  /** Lines of the training file, 1-based, ascending: the first 20. */
  rows: number[];
  n_rows: number;
  /** Largest share of the prompt's runs of words that one row holds, 0 to 1; 1 for duplicates. */
  share: number;
}

export interface LeakReport {
  file: string;
  /** Rows read. */
  n_rows: number;
  leaks: Leak[];
}

interface Tracked {
  leak: Leak;
  runs: number;
}

/**
 * The prompts that a training file holds, in the order of suites and prompts. Rows may have any shape (chat messages,
 * prompt and completion, text): every string in a row is a text. Reads the file once, row by row.
 * @throws FILE_*, JSON_SYNTAX
 */
export async function findLeaks(suites: Suite[], path: string): Promise<LeakReport> {
  const index = new Index(suites);
  let n_rows = 0;
  for await (const { value, line } of readJsonl(path)) {
    n_rows++;
    index.look([...textsIn(value)], line);
  }
  return { file: path, n_rows, leaks: index.leaks() };
}

/** Every string of a row, however deep. Iterative, because a row may be nested deeper than the stack. */
function* textsIn(value: unknown): Generator<string> {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') yield next;
    else if (typeof next === 'object' && next !== null) left.push(...Object.values(next));
  }
}

/** Prompts by whole text and by run of words. Words are numbered; one that no prompt has ends every run. */
class Index {
  readonly #numbers = new Map<string, number>();
  readonly #whole = new Map<string, Tracked[]>();
  /** By size, then by first and last word (a number is quick to look up and nearly always absent), then by all words. */
  readonly #runs = new Map<number, Map<number, Map<string, Tracked[]>>>();
  readonly #all: Tracked[] = [];

  constructor(suites: Suite[]) {
    for (const suite of suites) {
      for (const prompt of suite.prompts) {
        const words = wordsOf(asked(prompt)).map((word) => this.#number(word));
        if (words.length === 0) continue;
        const leak: Leak = { kind: 'overlap', suite: suite.name, prompt_id: prompt.id, rows: [], n_rows: 0, share: 0 };
        const size = Math.min(LONGEST_RUN, words.length);
        const runs = new Set(size < SHORTEST_RUN ? [] : words.slice(size - 1).map((_, i) => words.slice(i, i + size).join(' ')));
        const tracked = { leak, runs: runs.size };
        this.#all.push(tracked);
        push(this.#whole, words.join(' '), tracked);
        for (const run of runs) {
          const numbers = run.split(' ').map(Number);
          push(within(within(this.#runs, size), ends(numbers[0]!, numbers.at(-1)!)), run, tracked);
        }
      }
    }
  }

  #number(word: string): number {
    const known = this.#numbers.get(word) ?? this.#numbers.size;
    this.#numbers.set(word, known);
    return known;
  }

  /** Notes every prompt that the texts of the row on this line hold. */
  look(texts: string[], line: number): void {
    const found = new Map<Tracked, Set<string>>();
    for (const text of texts) {
      const words = wordsOf(text).map((word) => this.#numbers.get(word) ?? -1);
      for (const tracked of this.#whole.get(words.join(' ')) ?? []) {
        tracked.leak.kind = 'duplicate';
        tracked.leak.share = 1;
        found.set(tracked, found.get(tracked) ?? new Set());
      }
      let known = 0;
      for (const [end, word] of words.entries()) {
        known = word < 0 ? 0 : known + 1;
        if (known < SHORTEST_RUN) continue;
        for (const [size, runs] of this.#runs) {
          if (known < size) continue;
          const start = end + 1 - size;
          const candidates = runs.get(ends(words[start]!, word));
          if (candidates === undefined) continue;
          const run = words.slice(start, end + 1).join(' ');
          for (const tracked of candidates.get(run) ?? []) found.set(tracked, (found.get(tracked) ?? new Set()).add(run));
        }
      }
    }
    for (const [{ leak, runs }, held] of found) {
      leak.n_rows++;
      if (leak.rows.length < LISTED) leak.rows.push(line);
      if (runs > 0) leak.share = Math.max(leak.share, held.size / runs);
    }
  }

  leaks(): Leak[] {
    return this.#all.map(({ leak }) => leak).filter(({ n_rows }) => n_rows > 0);
  }
}

/** Two words as one number; exact below two million words. */
const ends = (first: number, last: number): number => first * 2 ** 21 + last;

function within<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const inner = map.get(key) ?? new Map<L, V>();
  map.set(key, inner);
  return inner;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
