// Writes `exports/demo.jsonl`: what `doubleblind demo` judges, with the fields that change from run to run made still.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRunFile } from '../src/config.js';
import { launch } from '../src/launch.js';
import { openModels } from '../src/models/index.js';
import { openStore } from '../src/store/index.js';

export const KEPT = fileURLToPath(new URL('../exports/demo.jsonl', import.meta.url));
const DEMO = fileURLToPath(new URL('../demo.yaml', import.meta.url));

/** The demo's judgments, ids, times and durations blanked. */
export async function demoLines(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-demo-'));
  const store = await openStore('sqlite::memory:');
  const models = openModels({ env: {} });
  try {
    const [config] = await readRunFile(DEMO);
    const world = { store, models, clock: () => 0, signal: new AbortController().signal };
    const { folder: written } = await launch(config!, world, { exports: folder, environment: {} });
    return readFileSync(join(written, 'judged.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) =>
        JSON.stringify({ ...(JSON.parse(line) as object), id: '', run_id: '', judged_at: null, latency_ms: null }),
      )
      .join('\n')
      .concat('\n');
  } finally {
    await models.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(KEPT, await demoLines());
