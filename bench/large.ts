// A large run on PostgreSQL while it goes: how long its judgments take to load and to be counted by prompt for the first
// time, and what its win rates take from then on, whole and with filters, after more judgments have come each time; what
// questions take that nobody asked before, while nothing changes; and once the run has ended and its summary is kept.   tsx bench/large.ts [judgments]
import { sql } from 'kysely';
import { performance } from 'node:perf_hooks';
import { openStore } from '../src/store/index.js';
import { concluded, winRates, type WinRateOptions } from '../src/win-rates.js';
import { Postgres } from '../test/stores.js';

const JUDGMENTS = Number(process.argv[2] ?? 2_000_000);
const [JUDGES, REPEATS, ORDERS] = [4, 5, 2];
const PROMPTS = Math.ceil(JUDGMENTS / (JUDGES * REPEATS * ORDERS));

const postgres = new Postgres();
await postgres.start();
if (postgres.missing !== null) {
  process.stdout.write(`passed over: ${postgres.missing}\n`);
  process.exit(0);
}
const url = await postgres.fresh();
const store = await openStore(url);
const say = (name: string, value: string): void => void process.stdout.write(`${name.padEnd(58)} ${value}\n`);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

await store.createRun(
  {
    ...{ id: 'large', configuration: '', name: 'large', purpose: 'scaling_study', description: null },
    ...{ data_purpose: null, data_path: null, tags: {}, baseline: 'base', candidate: 'tuned', sweep: null },
    ...{
      origin: 'import',
      status: 'running',
      reason: null,
      config: {},
      decision_rule: {},
      environment: {},
      identities: {},
    },
    planned: { prompts: PROMPTS, comparisons: PROMPTS * REPEATS, responses: 0, judgments: JUDGMENTS },
    ...{ exports: null, created_at: '', started_at: '', ended_at: '' },
  },
  [],
);
const { db } = store;
let started = performance.now();
await sql`insert into suites (run_id, suite, position, domain) values ('large', 'wide', 0, 'out-of-domain')`.execute(
  db,
);
await sql`insert into prompts (run_id, suite, prompt_id, position, domain, category, prompt, prompt_hash)
  select 'large', 'wide', 'p' || p, p, 'out-of-domain', 'c' || p % 10, 'Question ' || p, md5(p::text)
  from generate_series(0, ${PROMPTS - 1}) p`.execute(db);
await sql`insert into judgments (id, run_id, suite, domain, category, prompt_id, position, repeat, replicate, canary, judge,
    "order", baseline_length, candidate_length, presentation_notes, reply, state, verdict, winner, score, attempts, judged_at)
  select md5(p || ' ' || j || ' ' || r || ' ' || o), 'large', 'wide', 'out-of-domain', 'c' || p % 10, 'p' || p, p, r, 0, '',
    'judge-' || j, (array['baseline-first', 'candidate-first'])[o + 1], 900 + p % 300, 950 + p % 200, '[]',
    repeat('The first is nearer to the question. ', 10), 'judged', 'A',
    (array['baseline', 'candidate', 'tie'])[1 + w], (array[0, 1, 0.5])[1 + w], 1, '2026-01-01T00:00:00.000Z'
  from generate_series(0, ${PROMPTS - 1}) p, generate_series(1, ${JUDGES}) j, generate_series(0, ${REPEATS - 1}) r,
    generate_series(0, ${ORDERS - 1}) o, lateral (select abs(hashint8(p * 977 + j * 31 + r * 7 + o)) % 3 as w) drawn`.execute(
  db,
);
await sql`analyze judgments`.execute(db);
say(`${JUDGMENTS} judgments of ${PROMPTS} prompts loaded in`, seconds(started));
say('size of the database', `${((await store.size()) / 1e9).toFixed(2)} GB`);

const run = (await store.run('large'))!;
started = performance.now();
await store.recount(run.id);
say('counted by prompt for the first time in', seconds(started));
started = performance.now();
const { table } = await store.counted(run.id);
say(`read as ${table.rows} tallies in`, seconds(started));

/** p50 and p95 of 40 answers, wall clock and CPU of this process. */
async function often(name: string, ask: () => Promise<unknown>, before = () => Promise.resolve()): Promise<void> {
  const [times, cpus]: number[][] = [[], []];
  for (let i = 0; i < 40; i++) {
    await before();
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await ask();
    times!.push(performance.now() - begun);
    const { user, system } = process.cpuUsage(used);
    cpus!.push((user + system) / 1000);
  }
  const at = (list: number[], share: number) =>
    list.sort((a, b) => a - b)[Math.ceil(share * list.length) - 1]!.toFixed(0);
  say(name, `${at(times!, 0.5)} ms, ${at(times!, 0.95)} ms (CPU here ${at(cpus!, 0.5)}, ${at(cpus!, 0.95)})`);
}

let prompt = 0;
/** What comes in a second at the speed of docs/scale.md: 1,000 judgments, of 25 prompts in no order. Each has another winner. */
const more = async () => {
  const positions = Array.from({ length: 25 }, () => (prompt = (prompt + 7919) % PROMPTS));
  await db
    .updateTable('judgments')
    .set({
      winner: sql`(case winner when 'candidate' then 'baseline' when 'baseline' then 'tie' else 'candidate' end)`,
      score: sql`(case winner when 'candidate' then 0 when 'baseline' then 0.5 else 1 end)`,
    })
    .where('position', 'in', positions)
    .execute();
};
await often('win rates while it goes, p50 and p95 of 40', () => winRates(store, run), more);
const twoJudges = { judges: ['judge-1', 'judge-2'], excludeOrderDependent: true, level: 0.9 };
await often('  of two judges, order-dependent left out', () => winRates(store, run, twoJudges), more);
await often('  by category and order', () => winRates(store, run, { by: [['category', 'order']] }), more);
await often('  of one category', () => winRates(store, run, { category: 'c1' }), more);
await often('  pooled', () => winRates(store, run, { pooled: true }), more);
await often('  of one category again, nothing has changed', () => winRates(store, run, { category: 'c1' }));
/** A service that has just begun: nothing of the run is in its memory. */
const restarted = () => openStore(url);
let service = await restarted();
await often(
  "a service's first question, p50 and p95 of 40",
  () => winRates(service, run),
  async () => {
    await service.close();
    service = await restarted();
  },
);
await service.close();
let asked = 0;
const first = (name: string, question: (n: number) => WinRateOptions) =>
  often(`  ${name}, first asked`, () => winRates(store, run, question(asked++)));
await first('with another level', (n) => ({ level: 0.9 + n / 10_000 }));
await first('by judge', (n) => ({ by: [['judge']], seed: n }));
/** Another pair each time, as far as there are pairs, and another level. */
const pairs = [1, 2, 3, 4].flatMap((a) => [1, 2, 3, 4].filter((b) => b > a).map((b) => [`judge-${a}`, `judge-${b}`]));
await first('of two judges, order-dependent left out', (n) => ({
  ...{ judges: pairs[n % pairs.length]!, excludeOrderDependent: true, level: 0.9 + n / 10_000 },
}));
await first('pooled', (n) => ({ pooled: true, seed: n }));
await first('of one category', (n) => ({ category: `c${n % 10}`, seed: n }));
await store.updateRun(run.id, { status: 'done' });
const ended = (await store.run(run.id))!;
await concluded(store, ended);
await often('win rates of the ended run, kept', () => concluded(store, ended));
say('most memory of this process', `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
await store.close();
await postgres.stop();
