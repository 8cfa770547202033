// `import` of a judged file into SQLite beside a bare loop that inserts the same rows: reading, checking, hashing and
// finding what is there already are what is added.   tsx bench/import.ts [judgments] [rounds]
import SqliteDatabase from 'better-sqlite3';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { importFiles } from '../src/import.js';
import { openStore } from '../src/store/index.js';
import { judgment } from '../test/stats/judged.js';

const JUDGMENTS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? (JUDGMENTS > 200_000 ? 1 : 3));
/** 2 judges in 2 orders. */
const PER_PROMPT = 4;
/** Tables that an import fills, parents first. */
const TABLES = ['suites', 'prompts', 'responses', 'judgments'];
const PORTION = 10_000;

const folder = await mkdtemp(join(tmpdir(), 'doubleblind-import-'));
const file = join(folder, 'judged.jsonl');
const say = (name: string, value: string) => void process.stdout.write(`${name.padEnd(58)} ${value}\n`);

/** Lines as a run writes them: answers of about 400 characters, a reply, tokens and a price. */
async function write(): Promise<void> {
  const out = createWriteStream(file);
  for (let n = 0; n < JUDGMENTS; n++) {
    const prompt = Math.floor(n / PER_PROMPT);
    const first = n % 2 === 0;
    const winner = (['baseline', 'candidate', 'tie'] as const)[(prompt * 7 + n * 13 + ((n * n) % 101)) % 3]!;
    const line = judgment({
      ...{ id: `judgment-${n}`, run_id: '20260101_000000-aaaa', suite: 'wide', domain: 'in-domain' },
      ...{ category: `c${prompt % 10}`, prompt_id: `p${prompt}`, prompt: `Question ${prompt}: what is nearer?` },
      baseline_response: `Of ${prompt}: ${'the first of two answers, in plain words. '.repeat(8 + (prompt % 5))}`,
      candidate_response: `Of ${prompt}: ${'another answer that says a little more. '.repeat(8 + (prompt % 4))}`,
      ...{ judge: `judge-${Math.floor(n / 2) % 2}`, judge_provider: 'openai', judge_model: 'judge-model' },
      ...{ judge_model_served: 'judge-model-2026', template: 'pairwise@0123456789ab' },
      ...{ order: first ? 'baseline-first' : 'candidate-first', presentation_sha256: 'f'.repeat(64) },
      ...{ reply: 'The first is nearer to the question. '.repeat(6), stop_reason: 'stop' },
      ...{ verdict: winner === 'tie' ? 'tie' : (winner === 'baseline') === first ? 'A' : 'B', winner },
      ...{ rationale: 'nearer to the question', input_tokens: 900, output_tokens: 80, cached_tokens: 0 },
      ...{ cost_usd: 0.0012, latency_ms: 840, judged_at: '2026-01-01T00:00:00.000Z' },
    });
    if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain');
  }
  await once(out.end(), 'close');
}

/** Wall clock and CPU of this process, in seconds. */
interface Cost {
  wall: number;
  cpu: number;
}

async function costOf(work: () => unknown): Promise<Cost> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 };
}

async function imported(path: string): Promise<Cost> {
  const store = await openStore(`sqlite:${path}`);
  const cost = await costOf(() => importFiles(store, [file], { now: '2026-01-01T00:00:00.000Z' }));
  await store.close();
  return cost;
}

/** The rows of a database put into another with the same tables and indexes and no triggers, in transactions. */
async function inserted(from: string, path: string): Promise<Cost> {
  await (await openStore(`sqlite:${path}`)).close();
  const [source, target] = [new SqliteDatabase(from, { readonly: true }), new SqliteDatabase(path)];
  target.pragma('journal_mode = WAL');
  target.pragma('synchronous = NORMAL');
  const triggers = target.prepare("select name from sqlite_master where type = 'trigger'").pluck().all() as string[];
  for (const name of triggers) target.exec(`drop trigger ${name}`);
  const total: Cost = { wall: 0, cpu: 0 };
  for (const table of TABLES) {
    const reading = source.prepare(`select * from ${table} limit ${PORTION} offset ?`).raw();
    const insert = target.prepare(
      `insert into ${table} values (${reading
        .columns()
        .map(() => '?')
        .join(', ')})`,
    );
    const all = target.transaction((rows: unknown[][]) => rows.forEach((row) => insert.run(row)));
    for (let offset = 0; ; offset += PORTION) {
      const rows = reading.all(offset) as unknown[][];
      if (rows.length === 0) break;
      const { wall, cpu } = await costOf(() => all(rows));
      total.wall += wall;
      total.cpu += cpu;
    }
  }
  source.close();
  target.close();
  return total;
}

const middle = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;

await write();
const ratios: { import: Cost; bare: Cost }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const [one, other] = [join(folder, `import-${round}.db`), join(folder, `bare-${round}.db`)];
  ratios.push({ import: await imported(one), bare: await inserted(one, other) });
  for (const path of [one, other]) await rm(path);
}
for (const who of ['import', 'bare'] as const) {
  const [cpu, wall] = [middle(ratios.map((r) => r[who].cpu)), middle(ratios.map((r) => r[who].wall))];
  say(
    `${who === 'bare' ? 'a bare loop of inserts' : 'import'} of ${JUDGMENTS} judgments`,
    `${wall.toFixed(1)} s (CPU ${cpu.toFixed(1)})`,
  );
}
const ratio = (of: keyof Cost) => middle(ratios.map((r) => r.import[of] / r.bare[of])).toFixed(2);
say('import beside the loop', `${ratio('wall')} × (CPU ${ratio('cpu')} ×; must 4, aim 2.5)`);
await rm(folder, { recursive: true });
