// Runs whose numbers are known beforehand: recorded answers of which some are right, compared with references, in a real
// database below a temporary folder.
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readRunFile } from '../../src/config.js';
import type { RunFile } from '../../src/run-file.js';
import { launch, type Launched, type LaunchOptions } from '../../src/launch.js';
import { openModels } from '../../src/models/index.js';
import type { Run } from '../../src/records.js';
import { openStore, type Store } from '../../src/store/index.js';
import { databaseIn } from '../stores.js';

export interface Bench {
  folder: string;
  store: Store;
  warnings: { code: string; message: string }[];
  write(path: string, content: string | object): Promise<string>;
  /** A file of answers in which the prompts named are right. */
  answers(path: string, right: readonly string[], prompts?: readonly string[]): Promise<string>;
  /** Every run that a run file of these changes describes. */
  run(changes?: Partial<Record<keyof RunFile, unknown>>, options?: Partial<LaunchOptions>): Promise<Launched[]>;
  /** One run of a candidate that is right on some prompts, against one that is right on others. */
  match(candidate: string, right: readonly string[], changes?: Partial<Record<keyof RunFile, unknown>>): Promise<Run>;
  close(): Promise<void>;
}

/** Ids of `n` prompts of a domain: `in-0`, `in-1`, … */
export const ids = (domain: 'in' | 'out', n: number, from = 0): string[] =>
  Array.from({ length: n }, (_, i) => `${domain}-${from + i}`);

export const suiteOf = (
  prompts: readonly string[],
  name: 'in-domain' | 'out-of-domain',
  as: string = name,
): object => ({
  name: as,
  domain: name,
  prompts: prompts.map((id, i) => ({ id, prompt: `What is ${id}?`, reference: String(i) })),
});

export const IN = ids('in', 20);
export const OUT = ids('out', 12);
const SUITES = [suiteOf(IN, 'in-domain'), suiteOf(OUT, 'out-of-domain')];

export async function openBench(): Promise<Bench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'doubleblind-ledger-')));
  const store = await openStore(await databaseIn(folder));
  const warnings: Bench['warnings'] = [];
  let seconds = 0;
  const bench: Bench = {
    folder,
    store,
    warnings,
    async write(path, content) {
      const full = join(folder, path);
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, typeof content === 'string' ? content : JSON.stringify(content));
      return full;
    },
    answers(path, right, prompts = [...IN, ...OUT]) {
      const line = (id: string) => {
        const reference = id.split('-')[1]!;
        return JSON.stringify({ prompt_id: id, response: right.includes(id) ? `It is ${reference}` : 'It is 999' });
      };
      return bench.write(path, prompts.map((id) => `${line(id)}\n`).join(''));
    },
    async run(changes = {}, options = {}) {
      const file = await bench.write('run.json', {
        name: 'known',
        purpose: 'method_comparison',
        suites: SUITES,
        baseline: { name: 'base', provider: 'recorded', file: 'base.jsonl' },
        judges: [{ name: 'key', provider: 'reference', extract: 'number' }],
        ...changes,
      });
      const models = openModels({ env: {}, concurrency: 4 });
      const launched: Launched[] = [];
      try {
        for (const config of await readRunFile(file)) {
          const world = {
            store,
            models,
            clock: () => Date.UTC(2026, 0, 1) + 1000 * seconds++,
            signal: new AbortController().signal,
            onWarning: (warning: { code: string; message: string }) => warnings.push(warning),
          };
          launched.push(await launch(config, world, { exports: join(folder, 'exports'), environment: {}, ...options }));
        }
      } finally {
        await models.close();
      }
      return launched;
    },
    async match(candidate, right, changes = {}) {
      await bench.answers(`${candidate}.jsonl`, right);
      const tuned = { name: candidate, provider: 'recorded', file: `${candidate}.jsonl` };
      const [launched] = await bench.run({ candidate: tuned, ...changes });
      return launched!.run;
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await bench.answers('base.jsonl', [...ids('in', 5), ...ids('out', 6)]);
  return bench;
}
