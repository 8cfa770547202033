import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Launched } from '../../src/launch.js';
import { cli } from '../cli.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

const askedSince = async (work: () => Promise<unknown>): Promise<{ responses: number; judgments: number }> => {
  const before = journey.server.requests.length;
  await work();
  const models = journey.server.requests.slice(before).map(({ body }) => body['model']);
  const judgments = models.filter((model) => model === 'judge-model').length;
  return { responses: models.length - judgments, judgments };
};

describe('the cache', () => {
  it('a second run of the same presentations asks no judge, costs nothing and says the same', async () => {
    journey = await openJourney();
    const file = await journey.runFile();
    const first = await journey.run(file);
    let again = first;
    const asked = await askedSince(async () => (again = await journey.run(file, { again: true })));
    // The checkpoints have no digest, so that their responses are asked anew.
    expect(asked).toEqual({ responses: 24, judgments: 0 });
    expect(again.run.id).not.toBe(first.run.id);
    const { calls } = await journey.store.spent(again.run.id);
    expect(calls).toBe(24);
    expect(again.summary.estimates[0]!.win_rate).toBe(first.summary.estimates[0]!.win_rate);
  });

  it('a checkpoint with a digest answers once for all runs; --no-cache and --fresh ask anew', async () => {
    journey = await openJourney();
    const folder = join(journey.folder, 'checkpoint');
    await writeAdapter(folder);
    const own = { provider: 'openai', base_url: journey.server.openai };
    const file = await journey.runFile({ baseline: { name: 'base', model: 'base-model', checkpoint: folder, ...own } });
    await journey.run(file);
    let again: Launched | undefined;
    const asked = await askedSince(async () => (again = await journey.run(file, { again: true })));
    expect(asked).toEqual({ responses: 12, judgments: 0 });
    // What was there already is no call of this run.
    const { id } = again!.run;
    expect(await journey.store.spent(id)).toMatchObject({ calls: 12, responses: 24 });
    const calls = (await journey.store.costs(id)).map(({ name, calls, records }) => ({ name, calls, records }));
    expect(calls.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'base', calls: 0, records: 12 },
      { name: 'judge', calls: 0, records: 24 },
      { name: 'tuned', calls: 12, records: 12 },
    ]);
    const whole = { responses: 24, judgments: 24 };
    expect(await askedSince(() => journey.run(file, { again: true, cache: 'off' }))).toEqual(whole);
    expect(await askedSince(() => journey.run(file, { again: true, cache: 'fresh' }))).toEqual(whole);
    await writeFile(join(folder, 'adapter_model.safetensors'), safetensors('other'));
    expect((await askedSince(() => journey.run(file))).responses).toBe(24);
  });

  it('a changed template, parameter or address never meets an old verdict', async () => {
    journey = await openJourney();
    await journey.run(await journey.runFile());
    const openai = { provider: 'openai', base_url: journey.server.openai };
    for (const change of [
      { template: 'pairwise-rubric' },
      { judges: [{ name: 'judge', model: 'judge-model', temperature: 0.1, ...openai }] },
      { judges: [{ name: 'judge', model: 'judge-model', extra_body: { top_k: 3 }, ...openai }] },
    ]) {
      const asked = await askedSince(async () => journey.run(await journey.runFile(change)));
      expect(asked.judgments).toBe(24);
    }
    const own = join(journey.folder, 'own.md');
    const bundled = await readFile(new URL('../../prompts/pairwise.md', import.meta.url), 'utf8');
    await writeFile(own, bundled.replace('Length carries no merit', 'Length carries no merit at all'));
    const asked = await askedSince(async () => journey.run(await journey.runFile({ template: own })));
    expect(asked.judgments).toBe(24);
  });

  it('repeats have entries of their own, and retests never meet any', async () => {
    journey = await openJourney({ answer: (_, prompt) => `The same answer to ${prompt} every time.` });
    const file = await journey.runFile({ suites: [suiteOf(4)], sampling: { repeats: 2 }, retest: 1 });
    const first = await askedSince(() => journey.run(file));
    // The two roles answer alike, so that both orders are one presentation: 4 prompts × 2 repeats, and 16 retests.
    expect(first.judgments).toBeGreaterThanOrEqual(8 + 16);
    expect((await askedSince(() => journey.run(file, { again: true }))).judgments).toBe(16);
  });

  it('an answer that could not be read is not kept', async () => {
    journey = await openJourney({ faults: { unreadable: 1 } });
    const file = await journey.runFile({ suites: [suiteOf(2)] });
    expect(await askedSince(() => journey.run(file))).toEqual({ responses: 4, judgments: 12 });
    expect((await askedSince(() => journey.run(file, { again: true }))).judgments).toBe(12);
  });

  it('is listed, pruned by age and cleared from the command line', async () => {
    journey = await openJourney();
    await journey.run(await journey.runFile());
    const run = (...args: string[]) => cli(['cache', ...args, '--json'], { cwd: journey.folder });
    const listed = JSON.parse((await run('list')).stdout) as {
      items: { kind: string; model: string; entries: number }[];
    };
    expect(listed.items).toMatchObject([{ kind: 'judgment', model: 'judge-model', entries: 24 }]);
    expect(JSON.parse((await run('prune', '--older-than', '30d')).stdout)).toEqual({ removed: 0 });
    expect((await run('prune')).end).toBe(2);
    expect(JSON.parse((await run('clear')).stdout)).toEqual({ removed: 24 });
    expect(JSON.parse((await run('list')).stdout)).toEqual({ items: [], next_cursor: null });
  });
});

async function writeAdapter(folder: string): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(folder);
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ base_model_name_or_path: 'base', r: 8 }));
  await writeFile(join(folder, 'adapter_model.safetensors'), safetensors('weights'));
}

/** One tensor of eight bytes. */
function safetensors(words: string): Buffer {
  const header = Buffer.from(JSON.stringify({ w: { dtype: 'U8', shape: [8], data_offsets: [0, 8] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(words.padEnd(8).slice(0, 8))]);
}
