import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRunFile } from '../../src/config.js';
import { configurationHash } from '../../src/configuration.js';
import { environment } from '../../src/environment.js';
import { reproduction, verdictAgreement } from '../../src/ledger/reproduce.js';
import { writeBelow } from '../../src/ledger/run-file.js';
import { fromPairs } from '../../src/posthoc.js';
import { type Bench, IN, ids, openBench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const now = () => environment({ cwd: bench.folder, argv: ['node', 'main.js', 'run'], env: {} });
const offline = { judges: [{ name: 'plain', provider: 'offline', model: 'plain' }], canaries: true };

describe('reproduce', () => {
  it('writes a run file that describes the very same configuration', async () => {
    const run = await bench.match('a', IN, { ...offline, tags: { method: 'sft' }, margin: { 'in-domain': 0.1 } });
    const { files } = await reproduction(bench.store, run, await now());
    await writeBelow(`${bench.folder}/again`, files);
    const [config] = await readRunFile(`${bench.folder}/again/run.yaml`);
    const content = run.identities['content'] as Record<string, string>;
    expect(configurationHash(config!, content)).toBe(run.configuration);
    expect(config).toMatchObject({
      tags: { method: 'sft' },
      margin: { 'in-domain': 0.1 },
      purpose: 'method_comparison',
    });
  });

  it('tells which recorded file has changed since', async () => {
    const run = await bench.match('a', IN);
    const before = await reproduction(bench.store, run, await now());
    expect(before.changes.filter(({ content }) => content)).toEqual([]);
    await bench.answers('a.jsonl', ids('in', 3));
    const { changes } = await reproduction(bench.store, run, await now());
    expect(changes.filter(({ content }) => content).map(({ what }) => what)).toEqual([
      `candidate ${bench.folder}/a.jsonl`,
    ]);
  });

  it('counts verdicts that came out the same, and apart those on the same texts', async () => {
    const first = await bench.match('a', IN, offline);
    const [again] = await bench.run(
      { ...offline, candidate: { name: 'a', provider: 'recorded', file: 'a.jsonl' } },
      { again: true },
    );
    const [all, judge] = await verdictAgreement(bench.store, first.id, again!.run.id);
    expect(all).toMatchObject({ judge: 'all', n: 64, same: 64, share: 1, n_same_messages: 64 });
    expect(judge!.judge).toBe('plain');
    const other = await bench.match('b', ids('in', 3), offline);
    const [differing] = await verdictAgreement(bench.store, first.id, other.id);
    expect(differing!.n_same_messages).toBeLessThan(64);
    expect(differing!.same).toBeLessThan(64);
    const none = await bench.match('c', IN);
    expect((await verdictAgreement(bench.store, first.id, none.id))[0]).toMatchObject({ n: 0, share: null, low: null });
  });

  it('takes responses that stand in no file from the store', async () => {
    const file = await bench.write(
      'pairs.jsonl',
      `${JSON.stringify({ prompt: 'Why?', baseline_response: 'No.', tuned_response: 'Because it is so.' })}\n`,
    );
    const { config, given } = await fromPairs([file], {
      judges: ['offline:plain'],
      template: 'pairwise',
      orders: 'both',
      seed: 0,
      cwd: bench.folder,
    });
    const { launch } = await import('../../src/launch.js');
    const { openModels } = await import('../../src/models/index.js');
    const world = {
      store: bench.store,
      models: openModels({ env: {} }),
      clock: () => 0,
      signal: new AbortController().signal,
    };
    const { run } = await launch(config, world, { exports: `${bench.folder}/exports`, environment: {}, given });
    const again = await reproduction(bench.store, run, await now());
    const prompt = config.suites[0]!.prompts[0]!;
    expect(again.given!.candidate!.find({ ...prompt, suite: config.suites[0]!.name }, 0)!.text).toBe(
      'Because it is so.',
    );
    expect(again.files.map(({ path }) => path)).toContain('responses/candidate.jsonl');
    await writeBelow(`${bench.folder}/again`, again.files);
    await expect(readRunFile(`${bench.folder}/again/run.yaml`)).resolves.toHaveLength(1);
  });

  it('refuses an imported run, which asked nobody', async () => {
    const run = await bench.match('a', IN);
    await expect(reproduction(bench.store, { ...run, origin: 'import' }, await now())).rejects.toMatchObject({
      code: 'RUN_CHANGED',
    });
  });
});
