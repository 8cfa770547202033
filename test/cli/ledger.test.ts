// The ledger as people use it: the commands in a folder with two runs of the demo.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { databaseIn } from '../stores.js';
import { run } from './here.js';

let folder = '';
let first = '';
let second = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doubleblind-ledger-cli-'));
  process.chdir(folder);
  // A repository that has no commit yet, as where a new project begins.
  execFileSync('git', ['init', '-q']);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('DOUBLEBLIND_DATABASE_URL', await databaseIn(folder));
  first = (await json('demo')).run.id;
  second = (await json('demo', '--again')).run.id;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  process.chdir(tmpdir());
  await rm(folder, { recursive: true, force: true });
});

/** The one document on stdout. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function json(...args: string[]): Promise<any> {
  const { stdout, stderr } = await run(...args, '--json');
  expect(stdout.trim().split('\n'), stderr).toHaveLength(1);
  return JSON.parse(stdout);
}

describe('list and show', () => {
  it('list gives items newest first, filtered, a page at a time', async () => {
    const { items, next_cursor } = await json('list');
    expect(items.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(next_cursor).toBeNull();
    expect(items[0]).toMatchObject({ purpose: 'baseline_comparison', progress: { judged: 164, failed: 0 } });
    expect((await json('list', '--purpose', 'ablation_study')).items).toEqual([]);
    const page = await json('list', '--limit', '1');
    expect(page.next_cursor).toBe(second);
    expect((await json('list', '--cursor', second)).items).toHaveLength(1);
  });

  it('list is a line by purpose and model, and with --detail a line a run', async () => {
    expect((await run('list')).stdout.split('\n').filter((line) => line.includes('baseline_comparison'))).toHaveLength(
      1,
    );
    const detail = (await run('list', '--detail')).stdout;
    expect(detail).toContain(first);
    expect(detail).toContain(second);
  });

  it('show has what is recorded of a run, by a unique beginning of its id', async () => {
    const shown = await json('show', first);
    expect(shown).toMatchObject({
      id: first,
      status: 'done',
      spent: { judged: 164 },
      environment: { command: 'doubleblind demo --json' },
    });
    expect((await run('show', first)).stdout).toContain('baseline_comparison');
    expect(await run('show', 'nothing')).toMatchObject({ end: 2 });
    expect((await json('show', '2')).error.code).toBe('RUN_UNKNOWN');
  });
});

describe('compare, significance, leaderboard', () => {
  it('two runs of one configuration do not differ', async () => {
    const compared = await json('compare', first, second);
    expect(compared).toMatchObject({ comparable: true, configuration: [], unmatched: [] });
    expect(compared.tests[0].groups[0]).toMatchObject({ n_prompts: 36, difference: 0, permutation: { p_value: 1 } });
    const { groups } = await json('significance', first, second);
    expect(groups.map(({ group }: { group: object }) => group)).toEqual([
      {},
      { domain: 'in-domain' },
      { domain: 'out-of-domain' },
      { domain: 'multi-domain' },
    ]);
    expect((await run('compare', first, second)).stdout).toContain('baseline responses: the same (36)');
  });

  it('a filter that no run matches is not told as an empty database', async () => {
    const { end, stdout } = await run('list', '--candidate', 'mistyped');
    expect([end, stdout]).toEqual([0, 'no run that matches; doubleblind list without filters shows all\n']);
  });

  it('one run is not enough to compare', async () => {
    expect(await run('compare', first)).toMatchObject({ end: 2, stdout: '' });
    expect((await json('compare')).error.code).toBe('USAGE');
  });

  it('the leaderboard holds a configuration once', async () => {
    const { items, next_cursor, boards } = await json('leaderboard');
    expect(next_cursor).toBeNull();
    expect(items).toMatchObject([
      { rank: 1, checkpoint: 'demo-candidate', baseline: 'demo-baseline', runs: 2, run_id: second },
    ]);
    expect(boards).toHaveLength(1);
    expect((await json('leaderboard', '--metric', 'mmlu')).error.code).toBe('INVALID_VALUE');
  });
});

describe('reproduce and export', () => {
  it('runs a run again and says that every verdict of rules came out the same', async () => {
    const again = await json('reproduce', first);
    expect(again).toMatchObject({
      reproduces: first,
      run: { status: 'done' },
      verdicts: [{ judge: 'all', n: 144, same: 144 }, {}, {}],
    });
    expect(existsSync(join(folder, again.file))).toBe(true);
    const same = await json('run', again.file, '--dry-run');
    expect(same.error).toBeUndefined();
    await run('delete', again.run.id);
  });

  it('writes the history for a tracker', async () => {
    const { folder: made, files } = await json('export', first, '--format', 'history', '-o', 'history');
    expect([made, files]).toEqual(['history', ['history.jsonl', 'summary.json', 'config.yaml']]);
    const line = JSON.parse(await readFile(join(folder, 'history', 'history.jsonl'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(line).toMatchObject({ step: null, run_id: first, 'win_rate/overall/prompts': 36 });
  });
});

describe('import', () => {
  const elsewhere = (...files: string[]) => run('import', ...files, '--database', 'sqlite:elsewhere.db');

  it('warns of a run without a purpose, and of none that has one or to which nothing is added', async () => {
    const { exports } = (await json('show', first)) as { exports: string };
    expect((await elsewhere(join(exports, 'judged.jsonl'))).stderr).toBe('');
    const rows = ['a', 'b'].map((prompt) => JSON.stringify({ prompt, judge: 'j', winner: 'candidate' }));
    await writeFile('theirs.jsonl', rows.join('\n'));
    expect((await elsewhere('theirs.jsonl')).stderr).toContain('the run has no purpose');
    expect(await elsewhere('theirs.jsonl')).toMatchObject({ end: 0, stderr: '' });
  });
});

describe('delete, prune and stats', () => {
  it('stats of a run are its summary: its own level and seed hold until others are given', async () => {
    const answers = ['base', 'tuned'].map((checkpoint) =>
      Array.from({ length: 24 }, (_, i) =>
        JSON.stringify({ prompt_id: `p${i}`, response: checkpoint.repeat(1 + (i % 7)) }),
      ),
    );
    await writeFile('base.jsonl', answers[0]!.join('\n'));
    await writeFile('tuned.jsonl', answers[1]!.join('\n'));
    const prompts = Array.from({ length: 24 }, (_, i) => ({ id: `p${i}`, prompt: `Question ${i}?` }));
    const recorded = (name: string) => ({ name, provider: 'recorded', file: `${name}.jsonl` });
    const judges = [{ name: 'rules', provider: 'offline', model: 'plain' }];
    const suites = [{ name: 's', domain: 'in-domain', prompts }];
    const [baseline, candidate] = [recorded('base'), recorded('tuned')];
    const file = { name: 'wide', seed: 11, level: 0.8, suites, baseline, candidate, judges };
    await writeFile('wide.json', JSON.stringify(file));
    const { run: wide } = await json('run', 'wide.json');
    const summary = JSON.parse(await readFile(join(wide.exports, 'summary.json'), 'utf8'));
    expect(summary.estimates[0]).toMatchObject({ interval: { level: 0.8 }, bootstrap: { seed: 11 } });
    expect(await json('stats', wide.id)).toEqual(summary);
    const { estimates } = await json('stats', wide.id, '--level', '0.9', '--seed', '3');
    expect(estimates[0]).toMatchObject({ interval: { level: 0.9 }, bootstrap: { seed: 3 } });
    await run('delete', wide.id);
  });

  it('stats --explain derives the row from the judges and options that made it', async () => {
    const recorded = (role: string) => {
      const file = fileURLToPath(new URL(`../../suites/demo/${role}.jsonl`, import.meta.url));
      return { name: `demo-${role}`, provider: 'recorded', file };
    };
    const rules = (name: string, model: string, more = {}) => ({ name, provider: 'offline', model, ...more });
    const file = {
      name: 'explained',
      suites: ['demo-in-domain', 'demo-out-of-domain'],
      baseline: recorded('baseline'),
      candidate: recorded('candidate'),
      judges: [rules('plain', 'plain'), rules('strict', 'strict'), rules('sample', 'plain', { share: 0.5 })],
    };
    for (const jury of ['mean', 'majority']) {
      await writeFile('explained.json', JSON.stringify({ ...file, jury }));
      const { id } = (await json('run', 'explained.json')).run;
      for (const group of ['overall', 'judge=strict'])
        for (const flags of [[], ['--pooled'], ['--judges', 'strict'], ['--exclude-order-dependent']]) {
          const { estimates } = await json('stats', id, ...flags);
          const estimate =
            group === 'overall'
              ? estimates[0]
              : estimates.find((e: { group: object }) => JSON.stringify(e.group) === '{"judge":"strict"}');
          const explained = (await json('stats', id, ...flags, '--explain', group)).lines.join('\n');
          const of = [jury, group, ...flags].join(' ');
          expect(explained, of).toContain(` = ${Number(estimate.n_effective.toPrecision(4))}\n`);
          const scores = [...explained.matchAll(/([\d.]+) × (\d+)/g)].map(([, value, n]) => Number(value) * Number(n));
          if (explained.includes('pooled = ')) expect(flags, of).toEqual(['--pooled']);
          else expect(scores.reduce((a, b) => a + b, 0) / estimate.n_prompts, of).toBeCloseTo(estimate.win_rate, 3);
        }
      await run('delete', id);
    }
  });

  it('deletes a run, with its files only when asked, and prunes by age', async () => {
    const extra = await json('demo', '--again');
    expect(await json('delete', extra.run.id)).toEqual({ deleted: [extra.run.id] });
    expect(existsSync(join(folder, extra.run.exports))).toBe(true);
    expect((await json('delete', extra.run.id)).error.code).toBe('RUN_UNKNOWN');
    expect((await json('prune', '--older-than', '1d')).deleted).toEqual([]);
    const dry = await json('prune', '--older-than', '0h', '--dry-run');
    expect(dry).toMatchObject({ deleted: [second, first], dry_run: true });
    expect((await json('list')).items).toHaveLength(2);
    expect((await run('prune', '--older-than', 'soon')).end).toBe(2);
  });

  it('counts what the database holds', async () => {
    const stats = await json('ledger', 'stats');
    expect(stats).toMatchObject({ rows: { runs: 2, judgments: 328 } });
    expect(stats.bytes).toBeGreaterThan(100_000);
  });
});

describe('ledger import', () => {
  it('reads a tracker list and training folders, and keeps their metrics for the leaderboard', async () => {
    const rows = Array.from({ length: 341 }, (_, i) => ({
      name: i < 40 ? `test_run_${i}` : `run_${i}`,
      state: i < 200 ? 'finished' : i < 300 ? 'crashed' : 'failed',
      history: i < 100 ? 500 : 0,
      learning_rate: i < 300 ? 1e-4 : null,
      eval_acc: i < 10 ? i / 10 : null,
    }));
    await writeFile(join(folder, 'runs.json'), JSON.stringify(rows));
    const { format, summary, metrics } = await json('ledger', 'import', 'runs.json');
    expect(format).toBe('run-list');
    expect(summary).toMatchObject({
      runs: 341,
      kinds: { training: 100, 'training (configuration only)': 200, 'evaluation only': 41 },
      states: { finished: 200, crashed: 100, failed: 41 },
      test: 40,
      production: 301,
    });
    expect(summary.coverage).toContainEqual({ field: 'learning_rate', n: 300, share: 300 / 341 });
    expect(metrics).toMatchObject({ read: 10, added: 10 });
    const { items } = await json('leaderboard', '--metric', 'eval_acc');
    expect(items[0]).toMatchObject({ rank: 1, checkpoint: 'test_run_9', value: 0.9 });
    await writeFile(join(folder, 'metrics.yaml'), 'accuracy: [eval_acc]\n');
    expect((await json('leaderboard', '--metric', 'accuracy')).items).toHaveLength(10);
    await rm(join(folder, 'metrics.yaml'));
  });

  it('has a line for each thing that is wrong, and the rest goes on', async () => {
    const tree = join(folder, 'trained');
    for (const step of [1, 2, 3, 4, 5]) await mkdir(join(tree, `checkpoint-${step}`), { recursive: true });
    const state = (step: number, loss: string) =>
      `{"global_step": ${step}, "max_steps": 5, "epoch": 1.0, "log_history": [{"step": ${step}, "epoch": 1.0, "loss": ${loss}}]}`;
    await writeFile(join(tree, 'checkpoint-1', 'trainer_state.json'), '{"global_step": 1, "log_hist');
    await writeFile(join(tree, 'checkpoint-2', 'trainer_state.json'), state(2, '2.5'));
    await writeFile(join(tree, 'checkpoint-2', 'adapter_model.safetensors'), '');
    await writeFile(join(tree, 'checkpoint-3', 'trainer_state.json'), state(3, 'NaN'));
    await symlink('loop-b', join(tree, 'loop-a'));
    await symlink('loop-a', join(tree, 'loop-b'));
    await writeFile(join(tree, 'checkpoint-5', 'trainer_state.json'), state(5, '2.1'));
    expect((await run('ledger', 'import', 'trained', '--intermediate')).end).toBe(0);
    const inspect = async (name: string) => {
      const { findings } = await json('checkpoints', 'inspect', join('trained', name));
      return findings.map(({ code }: { code: string }) => code);
    };
    expect(await inspect('checkpoint-1')).toContain('HALF_WRITTEN');
    expect(await inspect('checkpoint-2')).toContain('WEIGHTS_DAMAGED');
    expect(await inspect('checkpoint-3')).toContain('LOSS_NOT_A_NUMBER');
    expect(await inspect('checkpoint-4')).toContain('WEIGHTS_MISSING');
    expect(await inspect('loop-a')).toContain('LINK_LOOP');
    const { stderr, end } = await run('ledger', 'import', 'nowhere', 'trained');
    expect(end).toBe(0);
    expect(stderr).toContain('nowhere');
    expect(await run('ledger', 'import', 'nowhere')).toMatchObject({ end: 2 });
  });

  it('reads a folder of 2,000 checkpoints', async () => {
    const many = join(folder, 'many');
    for (let step = 1; step <= 2000; step++) await mkdir(join(many, `checkpoint-${step}`), { recursive: true });
    await writeFile(join(many, 'checkpoint-2000', 'trainer_state.json'), '{"global_step": 2000, "log_history": []}');
    const { left_out } = await json('ledger', 'import', 'many');
    expect(left_out).toContainEqual({ what: 'intermediate checkpoints', n: 1999 });
  });
});

describe('checkpoints inspect', () => {
  it('gives the fields of the contract, and names what is not there', async () => {
    const dir = join(folder, 'adapter');
    await mkdir(dir);
    await writeFile(
      join(dir, 'adapter_config.json'),
      JSON.stringify({ base_model_name_or_path: 'org/base', r: 16, lora_alpha: 32, target_modules: ['q_proj'] }),
    );
    const identity = await json('checkpoints', 'inspect', 'adapter');
    expect(identity).toMatchObject({
      base_model: 'org/base',
      lora: { rank: 16, alpha: 32, targets: ['q_proj'] },
      link_target: null,
    });
    for (const key of ['path', 'digest', 'step', 'epoch', 'state', 'losses', 'findings'])
      expect(identity).toHaveProperty(key);
    expect((await json('checkpoints', 'inspect', 'nowhere')).error.code).toBe('FILE_MISSING');
  });

  it('keeps digests below XDG_CACHE_HOME', async () => {
    await writeFile(join(folder, 'adapter', 'adapter_model.bin'), 'weights');
    await json('checkpoints', 'inspect', 'adapter');
    expect(await readdir(join(folder, 'cache', 'doubleblind'))).toEqual(['digests.json']);
  });
});
