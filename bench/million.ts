// The service over one SQLite file of 1,000,000 judgments in 20 runs: counts by suite and judge, the win rates of a run
// that nobody has asked for yet, lists, and a finished run's answer beside a bare fastify.   tsx bench/million.ts [runs]
import { sql } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../src/records.js';
import { openStore, type Store } from '../src/store/index.js';
import { concluded, winRates } from '../src/win-rates.js';
import { finishedRunRatio, listTimes } from './http.js';

const RUNS = Number(process.argv[2] ?? 20);
const [PROMPTS, JUDGES, ORDERS] = [12_500, 2, 2];
const PER_RUN = PROMPTS * JUDGES * ORDERS;

const runOf = (n: number): Run =>
  ({
    ...{ id: `2026010${Math.floor(n / 10)}_00000${n % 10}-aaaa`, configuration: `c${n}`, name: `run ${n}` },
    ...{ purpose: 'scaling_study', description: null, data_purpose: null, data_path: null, tags: {}, sweep: null },
    ...{ baseline: 'base', candidate: `tuned-${n}`, origin: 'import', status: 'done', reason: null, config: {} },
    ...{
      decision_rule: {},
      environment: {},
      identities: {},
      exports: null,
      created_at: '',
      started_at: '',
      ended_at: '',
    },
    planned: { prompts: PROMPTS, comparisons: PROMPTS, responses: 0, judgments: PER_RUN },
  }) as Run;

/** A run of one suite, 10 categories, texts of all lengths, outcomes that follow from the coordinates. */
async function fill({ db, createRun }: Store, run: Run): Promise<void> {
  await createRun(run, []);
  const numbers = sql`with recursive g(p) as (select 0 union all select p + 1 from g where p < ${PROMPTS - 1})`;
  await sql`insert into suites (run_id, suite, position, domain) values (${run.id}, 'wide', 0, 'in-domain')`.execute(
    db,
  );
  await sql`insert into prompts (run_id, suite, prompt_id, position, domain, category, prompt, prompt_hash)
    ${numbers} select ${run.id}, 'wide', 'p' || p, p, 'in-domain', 'c' || p % 10, 'Question ' || p, 'hash' || p from g`.execute(
    db,
  );
  await sql`insert into judgments (id, run_id, suite, domain, category, prompt_id, position, repeat, replicate, canary, judge,
      "order", baseline_length, candidate_length, presentation_notes, reply, state, verdict, winner, score, attempts, judged_at)
    ${numbers}, made as (select p, j.value as j, o.value as o, abs(p * 977 + j.value * 31 + o.value * 13 + p * p % 101) % 3 as w
      from g, json_each('[1,2]') j, json_each('[0,1]') o)
    select ${run.id} || ' ' || p || ' ' || j || ' ' || o, ${run.id}, 'wide', 'in-domain', 'c' || p % 10, 'p' || p, p, 0, 0, '',
      'judge-' || j, iif(o = 0, 'baseline-first', 'candidate-first'), 900 + p % 300, 950 + p % 200, '[]',
      'The first is nearer to the question.', 'judged', 'A', iif(w = 0, 'baseline', iif(w = 1, 'candidate', 'tie')),
      iif(w = 0, 0.0, iif(w = 1, 1.0, 0.5)), 1, '2026-01-01T00:00:00.000Z' from made`.execute(db);
}

const folder = await mkdtemp(join(tmpdir(), 'doubleblind-million-'));
const database = `sqlite:${join(folder, 'million.db')}`;
const store = await openStore(database);
const say = (name: string, value: string) => void process.stdout.write(`${name.padEnd(66)} ${value}\n`);

/** Median wall clock and CPU of some runs' answers, in ms. */
async function median(name: string, bound: string, ask: (run: Run) => Promise<unknown>, runs: Run[]): Promise<void> {
  const times: number[] = [];
  const cpus: number[] = [];
  for (const run of runs) {
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await ask(run);
    times.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(used);
    cpus.push((user + system) / 1000);
  }
  const middle = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!.toFixed(1);
  say(name, `${middle(times)} ms (CPU ${middle(cpus)}; ${bound})`);
}

const runs = Array.from({ length: RUNS }, (_, n) => runOf(n));
for (const run of runs) await fill(store, run);
await median(`${PER_RUN} judgments of a run counted by prompt, once`, 'no bound', (run) => store.recount(run.id), runs);
await median('counts by suite and judge', 'must 100, aim 1', (run) => store.stored(run.id), runs);
await median(
  'win rates of a run that nobody asked for before',
  'must 60 a suite, aim 20',
  (run) => winRates(store, run),
  runs,
);
for (const run of runs) await concluded(store, run);
await store.close();
for (const { name, ms, must } of await listTimes(database)) say(name, `${ms.toFixed(1)} ms (must ${must})`);
const { ratio, bytes } = await finishedRunRatio(database);
say(`finished run (${bytes} bytes) beside a bare fastify`, `${ratio.toFixed(2)} × (must 0.8, aim 2.5)`);
await rm(folder, { recursive: true });
