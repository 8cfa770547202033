// What the statistics are made from, as it is kept by prompt: read after the prompts that have changed were counted again
// (recount.ts). A judgment is never read here, but for what reference judges replied.
import { canonicalJson } from '../hash.js';
import type { Canary, CanaryTally, Domain, Due, Order, Retest, Tally, Winner } from '../records.js';
import { pick, rowsWhere } from '../tally/rows.js';
import { nothingIn, ORDER_FIELDS, ordersIn, talliesOf, type TallyTable, together } from '../tally/table.js';
import { type Beside, CHUNK, encodeChunk, PackedChunk, unpack } from './chunks.js';
import { frameFor } from './kept-frames.js';
import { keptTables } from './kept-tables.js';
import { countRows, recounts } from './recount.js';
import type { Connection } from './schema.js';

export interface TallyFilter {
  suite?: string | undefined;
  domain?: string | undefined;
  category?: string | undefined;
}

export interface CanaryRow extends Pick<CanaryTally, 'judge'> {
  kind: Canary;
  suite: string;
  prompt_id: string;
  repeat: number;
  order: Order;
  winner: Winner | null;
}

/** What a reference judge replied about one comparison, and the order it was shown in. */
export interface ReferenceRow {
  judge: string;
  order: Order;
  reply: string | null;
}

/** All that is counted of a run. */
export interface RunCounts {
  table: TallyTable;
  /** Judgments asked again in the same order: how often the first winner came back, by judge and prompt. */
  retests: Retest[];
  /** Canary judgments, for `canaryPasses`. */
  canaries: CanaryRow[];
  /** Judgments stored (judged or failed) by stratum, canaries and retests left out. */
  stored: Due[];
  /** Judgments judged and failed, canaries and retests included; those of people are in no plan and not counted. */
  judged: number;
  failed: number;
  /** The same number, the same counts. */
  version: number;
}

export function tallyQueries(connection: Connection) {
  const { db } = connection;
  const recount = recounts(connection);
  const tables = keptTables(connection);
  const counts = new WeakMap<TallyTable, Pick<RunCounts, 'stored' | 'judged' | 'failed'>>();

  /** Tallies with the positions of their prompts by row, and what stands beside them. */
  async function read(runId: string) {
    await recount(runId);
    const before = await db.selectFrom('tallied_runs').select('version').where('run_id', '=', runId).executeTakeFirst();
    return { ...(await tables(runId)), version: before?.version ?? 0 };
  }

  async function counted(runId: string): Promise<RunCounts> {
    const { table, beside, version } = await read(runId);
    let known = counts.get(table);
    if (known === undefined) {
      const own = storedIn(table);
      counts.set(table, (known = { stored: own.stored, ...statesOf(table, own, beside) }));
    }
    return {
      table,
      retests: retestsOf(beside),
      canaries: beside.flatMap(({ canaries }) => canaries),
      ...known,
      version,
    };
  }

  return {
    /** Counts prompts again whose judgments have changed, so that the next reader need not. */
    recount,

    counted,

    /** One tally per prompt and judge, by place of the prompt; canaries and retests are left out. */
    async tallies(runId: string, filter: TallyFilter = {}): Promise<Tally[]> {
      const { table, positions } = await read(runId);
      const rows = rowsIn(table, filter);
      const prompts = await db
        .selectFrom('prompts')
        .select(['position', 'prompt_id', 'prompt_hash'])
        .where('run_id', '=', runId)
        .execute();
      const byPosition = new Map(prompts.map((prompt) => [prompt.position, prompt]));
      const place = (row: number) => positions[rows[row]!]!;
      const tallies = talliesOf(pick(table, rows), (row) => {
        const { prompt_id, prompt_hash } = byPosition.get(place(row))!;
        return { prompt_id, prompt_hash };
      });
      return [...tallies.keys()].sort((a, b) => place(a) - place(b)).map((row) => tallies[row]!);
    },

    async retests(runId: string): Promise<Retest[]> {
      return (await counted(runId)).retests;
    },

    async stored(runId: string): Promise<Due[]> {
      return (await counted(runId)).stored;
    },

    /** Comparisons that anybody judged, canaries left out. */
    async compared(runId: string): Promise<number> {
      const distinct = db
        .selectFrom('judgments')
        .select(['position', 'repeat'])
        .distinct()
        .where('run_id', '=', runId)
        .where('canary', '=', '');
      const { n } = await db
        .selectFrom(distinct.as('one'))
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return n;
    },

    /** What reference judges replied, canaries and retests left out. */
    async replies(runId: string, judges: readonly string[]): Promise<ReferenceRow[]> {
      if (judges.length === 0) return [];
      return (await db
        .selectFrom('judgments')
        .select(['judge', 'order', 'reply'])
        .where('run_id', '=', runId)
        .where('judge', 'in', judges)
        .where('canary', '=', '')
        .where('replicate', '=', 0)
        .where('state', '=', 'judged')
        .execute()) as ReferenceRow[];
    },

    /**
     * First and last position of prompts whose kept tallies are not what their judgments come to, chunk by chunk. These
     * are noted, so that the next reader has them counted again.
     */
    async falseTallies(runId: string): Promise<{ first: number; last: number }[]> {
      await recount(runId);
      const { frame } = await frameFor(connection, runId);
      const wrong: { first: number; last: number }[] = [];
      for (let chunk = 0; chunk * CHUNK < frame.rank.length; chunk++) {
        const positions = Array.from({ length: CHUNK }, (_, i) => chunk * CHUNK + i);
        const same = await db.transaction().execute(async (trx) => {
          // Those that change while this looks are noted by the change.
          await trx
            .updateTable('tallied_runs')
            .set((e) => ({ version: e('version', '+', 0) }))
            .where('run_id', '=', runId)
            .execute();
          const noted = await trx
            .selectFrom('untallied')
            .select('position')
            .where('run_id', '=', runId)
            .where('position', 'in', positions)
            .executeTakeFirst();
          if (noted !== undefined) return true;
          const kept = await trx
            .selectFrom('tallies')
            .select('counted')
            .where('run_id', '=', runId)
            .where('chunk', '=', chunk)
            .executeTakeFirst();
          const fresh = (await countRows(trx, runId, positions)).get(chunk);
          if (canonical(chunk, kept?.counted) === canonical(chunk, fresh && encodeChunk(fresh))) return true;
          await trx
            .insertInto('untallied')
            .values(positions.map((position) => ({ run_id: runId, position })))
            .execute();
          return false;
        });
        if (!same) wrong.push({ first: positions[0]!, last: Math.min(positions[CHUNK - 1]!, frame.rank.length - 1) });
      }
      return wrong;
    },

    /** What the plan asks for by stratum, as it was worked out for a plan of this name; null when it was not. */
    async keptDue(runId: string, plan: string): Promise<Due[] | null> {
      const row = await db
        .selectFrom('tallied_runs')
        .select('due')
        .where('run_id', '=', runId)
        .where('due_of', '=', plan)
        .executeTakeFirst();
      return row === undefined || row.due === null ? null : (JSON.parse(row.due) as Due[]);
    },

    async keepDue(runId: string, plan: string, due: Due[]): Promise<void> {
      await db
        .updateTable('tallied_runs')
        .set({ due_of: plan, due: JSON.stringify(due) })
        .where('run_id', '=', runId)
        .execute();
    },
  };
}

/** What a chunk says, whatever the order in which it names things. */
function canonical(chunk: number, bytes: Buffer | undefined): string {
  if (bytes === undefined) return '';
  const packed = new PackedChunk(chunk, bytes);
  const { table, positions } = unpack([packed]);
  const tallies = talliesOf(table, (row) => ({ prompt_id: String(positions[row]), prompt_hash: '' }));
  return canonicalJson({ tallies: tallies.map(({ suite: _, ...tally }) => tally), beside: packed.header.beside });
}

/** The rows of a table in a suite, domain or category. */
export function rowsIn(table: TallyTable, { suite, domain, category }: TallyFilter): Int32Array {
  const asked = [
    [table.suite, table.suites, suite],
    [table.domain, table.domains, domain],
    [table.category, table.categories, category],
  ] as const;
  const codes = asked.flatMap(([column, names, name]) =>
    name === undefined ? [] : [{ column, code: names.indexOf(name) }],
  );
  return rowsWhere(table, (row) => codes.every(({ column, code }) => code >= 0 && column[row] === code));
}

/** By judge and prompt text: the same text in two suites is one prompt. */
function retestsOf(beside: Beside[]): Retest[] {
  const retests = new Map<string, Retest>();
  for (const { retests: own } of beside) {
    for (const retest of own) {
      const key = `${retest.judge}\0${retest.prompt_hash}`;
      const known = retests.get(key);
      if (known === undefined) retests.set(key, { ...retest });
      else {
        known.n += retest.n;
        known.same += retest.same;
      }
    }
  }
  return [...retests.values()];
}

const ORDER = { baseline_first: 'baseline-first', candidate_first: 'candidate-first', order_unknown: null } as const;

/** Judgments stored by stratum, and how many of a judge failed. */
interface Stored {
  stored: Due[];
  failed: Int32Array;
}

function storedIn(table: TallyTable): Stored {
  const { suite, suites, domain, domains, category, categories, judge, judges } = table;
  const failed = new Int32Array(judges.length);
  const [ofDomain, ofCategory] = [domains.length + 1, categories.length + 1];
  /** By suite, domain and category: judgments by order and judge. */
  const places = new Map<number, { row: number; asked: Float64Array }>();
  ORDER_FIELDS.forEach((field, order) => {
    const of = ordersIn(table, field);
    const asked = together(table.rows, [of.wins, of.losses, of.ties, of.failed]);
    if (nothingIn(asked)) return;
    let before = -1;
    let into: Float64Array = new Float64Array();
    for (let row = 0; row < judge.length; row++) {
      const place = (suite[row]! * ofDomain + domain[row]! + 1) * ofCategory + category[row]! + 1;
      if (place !== before) {
        before = place;
        into = placeOf(place, row);
      }
      into[order * judges.length + judge[row]!]! += asked[row]!;
      failed[judge[row]!]! += of.failed[row]!;
    }
  });
  const stored = [...places.values()].flatMap(({ row, asked }) =>
    ORDER_FIELDS.flatMap((field, order) =>
      judges.flatMap((name, at): Due[] => {
        const judgments = asked[order * judges.length + at]!;
        if (judgments === 0) return [];
        const where = { suite: suites[suite[row]!]!, category: categories[category[row]!] ?? null };
        return [
          {
            ...where,
            domain: (domains[domain[row]!] ?? null) as Domain | null,
            judge: name,
            order: ORDER[field],
            judgments,
          },
        ];
      }),
    ),
  );
  return { stored: stored.sort(byStratum), failed };

  function placeOf(place: number, row: number): Float64Array {
    let known = places.get(place);
    if (known === undefined)
      places.set(place, (known = { row, asked: new Float64Array(ORDER_FIELDS.length * judges.length) }));
    return known.asked;
  }
}

function byStratum(a: Due, b: Due): number {
  for (const field of ['suite', 'category', 'judge', 'order'] as const) {
    const [x, y] = [a[field] ?? '', b[field] ?? ''];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function statesOf({ judges }: TallyTable, { stored, failed: failures }: Stored, beside: Beside[]) {
  let judged = 0;
  let failed = 0;
  const add = (judge: string, ofJudged: number, ofFailed: number): void => {
    if (judge.startsWith('human:')) return;
    judged += ofJudged;
    failed += ofFailed;
  };
  for (const { judge, judgments } of stored) add(judge, judgments, 0);
  judges.forEach((judge, at) => add(judge, -failures[at]!, failures[at]!));
  for (const { states } of beside) for (const judge in states) add(judge, ...states[judge]!);
  return { judged, failed };
}
