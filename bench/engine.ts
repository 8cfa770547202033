// What a run costs beside a bare p-queue + openai SDK loop that makes the same calls to the same server: time over the
// ideal, CPU per judgment, start, memory. The engine is measured as people run it: the command line in a process of its
// own, with rendering, validation, store, statistics and export.   tsx bench/engine.ts [part of a name]
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { cliPath } from '../test/cli.js';
import { measured, serve } from './process.js';

const FILLER = 'It is a long way to the sea, and the road knows it. '.repeat(30);
const LOOP = fileURLToPath(new URL('loop.mjs', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'doubleblind-bench-'));
const main = await cliPath();

/** Limits and a budget that are minded at every call and never met. */
const FAR_LIMITS = { rpm: 10_000_000, tpm: 100_000_000_000 };
const BUDGET = { budget_usd: 1e6, prices: { 'judge-model': { input_usd_per_mtok: 1, output_usd_per_mtok: 4 } } };

const say = (name: string, value: string, must: string, aim: string): void =>
  void process.stdout.write(`${name.padEnd(58)} ${value.padStart(18)}   must ${must.padEnd(8)} aim ${aim}\n`);

/** Files of `prompts` prompts with recorded responses of 1.6 kB, and a run file with `judges` judges at a server. */
async function project(
  prompts: number,
  judges: number,
  url: string,
  { recorded = true, guarded = false } = {},
): Promise<string> {
  const ids = Array.from({ length: prompts }, (_, i) => `p${i}`);
  function* lines(row: (id: string, i: number) => object): Generator<string> {
    for (let from = 0; from < ids.length; from += 1000)
      yield ids
        .slice(from, from + 1000)
        .map((id, i) => `${JSON.stringify(row(id, from + i))}\n`)
        .join('');
  }
  const prompt = (id: string): string => `Question ${id}: what follows?`;
  await writeFile(
    join(folder, 'out-of-domain.jsonl'),
    lines((id) => ({ id, prompt: prompt(id) })),
  );
  if (recorded)
    for (const [name, q] of [['base', 0.4] as const, ['tuned', 0.5] as const])
      await writeFile(
        join(folder, `${name}.jsonl`),
        lines((id, i) => ({ prompt_id: id, prompt: prompt(id), response: `${id} ${FILLER}[q=${q + (i % 10) / 30}]` })),
      );
  const checkpoint = (name: string): object =>
    recorded
      ? { name, provider: 'recorded', file: `${name}.jsonl` }
      : { name, provider: 'openai', model: name, base_url: url };
  const runFile = {
    purpose: 'baseline_comparison',
    suites: ['out-of-domain.jsonl'],
    baseline: checkpoint('base'),
    candidate: checkpoint('tuned'),
    judges: Array.from({ length: judges }, (_, i) => ({
      ...{ name: `judge-${i}`, provider: 'openai', model: 'judge-model', base_url: url },
      ...(guarded && FAR_LIMITS),
    })),
    canaries: false,
    ...(guarded && BUDGET),
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(runFile));
  return join(folder, 'run.json');
}

let database = 0;
const command = (file: string, concurrency: number): string[] => [
  ...[main, 'run', file, '-j', String(concurrency), '--database', `sqlite:${join(folder, `${++database}.db`)}`],
  ...['--exports', join(folder, 'exports'), '--max-failed', '1'],
];

interface Found {
  /** First request to last reply over calls × latency / concurrency. */
  ideal: number;
  cpu_s: number;
  most_mb: number;
}

async function take(
  who: 'loop' | 'engine' | 'guarded',
  judgments: number,
  concurrency: number,
  latency_ms: number,
): Promise<Found> {
  const server = await serve({ latency_ms });
  try {
    const file = await project(judgments / 2, 1, server.openai, { guarded: who === 'guarded' });
    const args =
      who === 'loop'
        ? [LOOP, server.openai, join(folder, 'base.jsonl'), String(judgments), String(concurrency)]
        : command(file, concurrency);
    const { cpu_s, most_mb } = await measured(args, folder);
    const { requests, first_ms, last_ms } = await server.counts();
    if (requests !== judgments) throw new Error(`${who}: ${requests} requests for ${judgments} judgments`);
    const ideal = (last_ms - first_ms) / ((judgments * latency_ms) / concurrency);
    // Nobody is faster than the server that makes everybody wait: then it did not.
    if (ideal < 1) throw new Error(`${who}: ${ideal.toFixed(2)} of the ideal time, so the server kept no latency`);
    return { ideal, cpu_s, most_mb };
  } finally {
    server.stop();
  }
}

const BENCHES: Record<string, () => Promise<void>> = {
  async 'first request to last reply'() {
    for (const [judgments, concurrency, must, aim] of [
      [2000, 32, '1.15', '1.08'],
      [8000, 128, '1.6', '1.2'],
    ] as const) {
      const loop = await take('loop', judgments, concurrency, 50);
      const engine = await take('engine', judgments, concurrency, 50);
      const name = `${judgments} at 50 ms × ${concurrency} over the ideal (loop ${loop.ideal.toFixed(2)})`;
      say(name, engine.ideal.toFixed(3), must, aim);
      const guarded = await take('guarded', judgments, concurrency, 50);
      say('  the same with limits, cache and budget', guarded.ideal.toFixed(3), must, aim);
    }
  },
  async 'cpu per judgment'() {
    const each = { loop: [] as number[], engine: [] as number[] };
    // By turns, so that what else the machine does weighs on both.
    for (let i = 0; i < 3; i++)
      for (const who of ['loop', 'engine'] as const) {
        const [few, many] = [await take(who, 2000, 32, 20), await take(who, 8000, 32, 20)];
        each[who].push((many.cpu_s - few.cpu_s) / 6000);
      }
    const [loop, engine] = [median(each.loop), median(each.engine)];
    say(`CPU per judgment over the loop's (${(loop * 1e6).toFixed(0)} µs)`, (engine / loop).toFixed(2), '1.2', '0.6');
  },
  async 'start to first stored judgment'() {
    const times: string[] = [];
    for (const judgments of [500, 2000]) {
      const server = await serve({});
      const file = await project(judgments / 2, 1, server.openai);
      const starts: number[] = [];
      for (let i = 0; i < 5; i++) {
        const args = command(file, 8);
        const started = Date.now();
        await measured([...args, '--no-cache'], folder);
        const db = new SqliteDatabase(join(folder, `${database}.db`), { readonly: true });
        const { at } = db.prepare('select min(judged_at) as at from judgments').get() as { at: string };
        db.close();
        starts.push(Date.parse(at) - started);
      }
      server.stop();
      times.push(`${judgments}: ${median(starts).toFixed(0)} ms`);
    }
    say('start to first stored judgment', times.join(', '), '600 ms', '350 ms');
  },
  async memory() {
    const server = await serve({ latency_ms: 5 });
    const file = await project(15_000, 1, server.openai);
    const peaks = new Map<number, number>();
    await measured(command(file, 32), folder, (child) => {
      const look = setInterval(() => {
        void server.counts().then(({ requests }) => {
          for (const at of [10_000, 30_000])
            if (requests >= at && !peaks.has(at)) peaks.set(at, memoryOf(child, 'VmHWM'));
        });
      }, 100);
      child.once('close', () => clearInterval(look));
    });
    server.stop();
    const [few, many] = [peaks.get(10_000)!, peaks.get(30_000)!];
    say(
      `most memory per 1,000 judgments, 10,000 to 30,000 (${few.toFixed(0)} to ${many.toFixed(0)} MB)`,
      `${((many - few) / 20).toFixed(2)} MB`,
      '2',
      '0.3',
    );
  },
  async planned() {
    for (const recorded of [false, true]) {
      const server = await serve({ latency_ms: 60_000 });
      const file = await project(250_000, 2, server.openai, { recorded });
      let resident = 0;
      await measured(command(file, 8), folder, (child) => {
        const look = setInterval(() => {
          void server.counts().then(({ requests }) => {
            if (requests === 0 || resident > 0) return;
            resident = memoryOf(child, 'VmRSS');
            child.kill('SIGKILL');
          });
        }, 100);
        child.once('close', () => clearInterval(look));
      });
      server.stop();
      const whose = recorded ? 'recorded responses' : 'live checkpoints';
      say(
        `resident before the first call, 1,000,000 planned, ${whose}`,
        `${resident.toFixed(0)} MB`,
        '250 MB',
        '150 MB',
      );
    }
  },
  version() {
    for (const [flag, must, aim] of [
      ['--version', '2.0', '1.3'],
      ['--help', '2.5', '1.7'],
    ] as const) {
      const times = { node: [] as number[], ours: [] as number[] };
      for (let i = 0; i < 15; i++) {
        times.node.push(timeOf(['-e', '0']));
        times.ours.push(timeOf([main, flag]));
      }
      say(`${flag} over \`node -e 0\``, (median(times.ours) / median(times.node)).toFixed(2), must, aim);
    }
    return Promise.resolve();
  },
  size() {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const { stdout } = spawnSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root, encoding: 'utf8' });
    const packages = stdout.trim().split('\n').slice(1);
    const { stdout: sizes } = spawnSync('du', ['-sk', '--', ...packages], { encoding: 'utf8' });
    const kb = sizes
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
    say('installed without dev', `${(kb / 1024).toFixed(0)} MB`, '190 MB', '120 MB');
    return Promise.resolve();
  },
};

/** MB that a process has resident, now or at most so far. */
function memoryOf(child: ChildProcess, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)![1]) / 1024;
}

/** Milliseconds of a process from start to end. */
function timeOf(args: string[]): number {
  const started = performance.now();
  spawnSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - started;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

for (const [name, bench] of Object.entries(BENCHES)) if (name.includes(process.argv[2] ?? '')) await bench();
await rm(folder, { recursive: true, force: true });
