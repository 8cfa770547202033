// Runs, their suites and prompts.
import type { Kysely } from 'kysely';
import { hashOf, promptHash } from '../hash.js';
import type { Domain, Message, Prompt, Run, Status, Suite } from '../records.js';
import { holdsWords, invalidCursor, type Page } from './pages.js';
import { rowWriter } from './rows.js';
import type { Connection, Database, PromptsTable, RunsTable } from './schema.js';

export interface RunFilter {
  purpose?: string | undefined;
  candidate?: string | undefined;
  baseline?: string | undefined;
  status?: Status | undefined;
  sweep?: string | undefined;
  /** `key` or `key=value`. */
  tag?: string | undefined;
  q?: string | undefined;
}

/** A prompt with its place in the run. */
export interface PlacedPrompt extends Prompt {
  suite: string;
  domain: Domain | null;
  position: number;
}

/** A prompt as a judged file tells it. */
export interface ImportedPrompt {
  suite: string;
  suite_position: number;
  prompt_id: string;
  position: number;
  domain: Domain | null;
  category: string | null;
  prompt: string | null;
}

/** Rows of one statement: far below the number of variables either engine takes. */
const BATCH = 500;

export function runQueries(connection: Connection) {
  const { db, engine } = connection;
  const writePrompts = promptWriter(connection);
  const isRun = async (id: string): Promise<boolean> =>
    (await db.selectFrom('runs').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;

  return {
    /** Adds a run with its suites and prompts; a run that is there already is left alone. */
    async createRun(run: Run, suites: Iterable<Suite>): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const { tags, ...columns } = run;
        const added = await trx
          .insertInto('runs')
          .values({ ...columns, ...jsonOf(run), summary: null, summary_tag: null, glance: null })
          .onConflict((c) => c.column('id').doNothing())
          .executeTakeFirst();
        if (added.numInsertedOrUpdatedRows === 0n) return;
        for (const [key, value] of Object.entries(tags)) {
          await trx.insertInto('run_tags').values({ run_id: run.id, key, value }).execute();
        }
        await insertSuites(trx, run.id, suites, { suite: 0, prompt: 0 });
      });
    },

    /** Adds prompts that an imported file brings, at the places given; those that are there are left alone. */
    async addPrompts(runId: string, prompts: ImportedPrompt[]): Promise<void> {
      const suites = new Map(prompts.map((p) => [p.suite, p]));
      for (const { suite, suite_position, domain } of suites.values()) {
        await db
          .insertInto('suites')
          .values({ run_id: runId, suite, position: suite_position, domain, description: null })
          .onConflict((c) => c.doNothing())
          .execute();
      }
      const rows = prompts.map(({ suite_position: _, ...prompt }) => ({
        run_id: runId,
        ...prompt,
        messages: null,
        system: null,
        reference: null,
        // Where no text was kept, a prompt is known by its id alone.
        prompt_hash:
          prompt.prompt === null ? hashOf([prompt.suite, prompt.prompt_id]).slice(0, 32) : promptHash(prompt.prompt),
      }));
      await writePrompts(rows);
    },

    async run(id: string): Promise<Run | null> {
      const row = await db.selectFrom('runs').select(COLUMNS).where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : ((await withTags(db, [row]))[0] ?? null);
    },

    /** Runs whose id starts with a prefix, newest first, at most two: enough to tell a unique one. */
    async runsStarting(prefix: string): Promise<Run[]> {
      const rows = await db
        .selectFrom('runs')
        .select(COLUMNS)
        .where('id', '>=', prefix)
        .where('id', '<', `${prefix}\uffff`)
        .orderBy('id', 'desc')
        .limit(2)
        .execute();
      return withTags(db, rows);
    },

    /** Runs newest first. `limit` 1..1000; `cursor` is the id of the last run of the page before. @throws INVALID_VALUE for another */
    async runs(filter: RunFilter = {}, limit = 100, cursor?: string): Promise<Page<Run>> {
      let query = db
        .selectFrom('runs')
        .select(COLUMNS)
        .orderBy('id', 'desc')
        .limit(limit + 1);
      for (const column of ['purpose', 'candidate', 'baseline', 'status', 'sweep'] as const) {
        const value = filter[column];
        if (value !== undefined) query = query.where(column, '=', value);
      }
      if (filter.tag !== undefined) {
        const [key = '', value] = filter.tag.split(/=(.*)/s);
        query = query.where((e) => {
          let tags = e
            .selectFrom('run_tags')
            .select('key')
            .whereRef('run_tags.run_id', '=', 'runs.id')
            .where('key', '=', key);
          if (value !== undefined) tags = tags.where('value', '=', value);
          return e.exists(tags);
        });
      }
      if (filter.q !== undefined) {
        query = query.where(holdsWords(engine, ['id', 'name', 'candidate', 'baseline'], filter.q));
      }
      if (cursor !== undefined) {
        // The run may be deleted by now; an id that an import brought along need not begin with a time.
        if (!/^\d{8}_\d{6}/.test(cursor) && !(await isRun(cursor))) throw invalidCursor();
        query = query.where('id', '<', cursor);
      }
      const rows = await query.execute();
      const items = await withTags(db, rows.slice(0, limit));
      return { items, next_cursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    /** Runs of one configuration, newest first. */
    async runsOfConfiguration(configuration: string, origin: Run['origin'] = 'own'): Promise<Run[]> {
      const rows = await db
        .selectFrom('runs')
        .select(COLUMNS)
        .where('configuration', '=', configuration)
        .where('origin', '=', origin)
        .orderBy('id', 'desc')
        .execute();
      return withTags(db, rows);
    },

    /** Changes fields of a run; its kept summary is forgotten, since it shows them. */
    async updateRun(id: string, changes: Partial<Omit<Run, 'id' | 'tags'>>): Promise<void> {
      await db
        .updateTable('runs')
        .set({ ...changes, ...jsonOf(changes), summary: null, summary_tag: null })
        .where('id', '=', id)
        .execute();
    },

    async deleteRun(id: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        for (const table of [
          'judgments',
          'responses',
          'prompts',
          'suites',
          'run_tags',
          'findings',
          'holders',
          'review_items',
          'votes',
          'certifications',
          'known_answers',
          'batches',
          'batch_items',
          // After the judgments, whose removal is noted.
          'tallies',
          'tallied_runs',
          'untallied',
        ] as const) {
          await trx.deleteFrom(table).where('run_id', '=', id).execute();
        }
        await trx.deleteFrom('runs').where('id', '=', id).execute();
      });
    },

    /** Suites of a run with their prompts, in order. */
    async suites(runId: string): Promise<Suite[]> {
      const suites = await db
        .selectFrom('suites')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('position')
        .execute();
      const byName = new Map<string, Suite>(
        suites.map((s) => [
          s.suite,
          { name: s.suite, domain: s.domain as Domain, description: s.description, prompts: [] },
        ]),
      );
      const rows = await db.selectFrom('prompts').selectAll().where('run_id', '=', runId).orderBy('position').execute();
      for (const row of rows) byName.get(row.suite)?.prompts.push(promptOf(row));
      return [...byName.values()];
    },

    /** One prompt of a run with its place, or null. */
    async prompt(runId: string, suite: string, promptId: string): Promise<PlacedPrompt | null> {
      const row = await db
        .selectFrom('prompts')
        .selectAll()
        .where('run_id', '=', runId)
        .where('suite', '=', suite)
        .where('prompt_id', '=', promptId)
        .executeTakeFirst();
      return row === undefined
        ? null
        : { ...promptOf(row), suite: row.suite, domain: row.domain as Domain | null, position: row.position };
    },

    /** Place of every prompt of a run: `suite\0prompt_id` → position. */
    async positions(runId: string): Promise<Map<string, number>> {
      const rows = await db
        .selectFrom('prompts')
        .select(['suite', 'prompt_id', 'position'])
        .where('run_id', '=', runId)
        .execute();
      return new Map(rows.map((r) => [`${r.suite}\0${r.prompt_id}`, r.position]));
    },
  };
}

const PROMPT_COLUMNS = [
  'run_id',
  'suite',
  'prompt_id',
  'position',
  'domain',
  'category',
  'prompt',
  'messages',
  'system',
  'reference',
  'prompt_hash',
] as const satisfies (keyof PromptsTable)[];
const BLANK_PROMPT = Object.fromEntries(PROMPT_COLUMNS.map((column) => [column, 0])) as never;

/** The insertion of prompts; those that are there are left alone. */
function promptWriter({ db, atOnce }: Pick<Connection, 'db' | 'atOnce'>) {
  return rowWriter(
    db as never,
    (n) =>
      db
        .insertInto('prompts')
        .values(Array<never>(n).fill(BLANK_PROMPT))
        .onConflict((c) => c.doNothing())
        .compile().sql,
    (row: PromptsTable) => PROMPT_COLUMNS.map((column) => row[column]),
    atOnce,
  );
}

async function insertSuites(
  db: Kysely<Database>,
  runId: string,
  suites: Iterable<Suite>,
  next: { suite: number; prompt: number },
): Promise<void> {
  let rows: PromptsTable[] = [];
  const write = promptWriter({ db });
  const flush = async () => {
    if (rows.length === 0) return;
    await write(rows);
    rows = [];
  };
  for (const suite of suites) {
    await db
      .insertInto('suites')
      .values({
        run_id: runId,
        suite: suite.name,
        position: next.suite++,
        domain: suite.domain,
        description: suite.description,
      })
      .onConflict((c) => c.doNothing())
      .execute();
    for (const prompt of suite.prompts) {
      rows.push({
        run_id: runId,
        suite: suite.name,
        prompt_id: prompt.id,
        position: next.prompt++,
        domain: suite.domain,
        category: prompt.category,
        prompt: prompt.prompt,
        messages: prompt.messages === null ? null : JSON.stringify(prompt.messages),
        system: prompt.system,
        reference: prompt.reference,
        prompt_hash: promptHash(prompt.prompt, prompt.system),
      });
      if (rows.length === BATCH) await flush();
    }
  }
  await flush();
}

function promptOf(row: PromptsTable): Prompt {
  return {
    id: row.prompt_id,
    category: row.category,
    prompt: row.prompt ?? '',
    messages: row.messages === null ? null : (JSON.parse(row.messages) as Message[]),
    system: row.system,
    reference: row.reference,
  };
}

/** All but the kept texts, which may be large and are read on their own. */
const COLUMNS = [
  'id',
  'configuration',
  'name',
  'purpose',
  'description',
  'data_purpose',
  'data_path',
  'baseline',
  'candidate',
  'sweep',
  'origin',
  'status',
  'reason',
  'config',
  'decision_rule',
  'environment',
  'identities',
  'planned',
  'exports',
  'created_at',
  'started_at',
  'ended_at',
] as const;

const JSON_COLUMNS = ['config', 'decision_rule', 'environment', 'identities', 'planned'] as const;
type JsonColumn = (typeof JSON_COLUMNS)[number];

function jsonOf<R extends Partial<Run>>(run: R): Record<keyof R & JsonColumn, string> {
  const columns: Partial<Record<JsonColumn, string>> = {};
  for (const column of JSON_COLUMNS) if (run[column] !== undefined) columns[column] = JSON.stringify(run[column]);
  return columns as Record<keyof R & JsonColumn, string>;
}

async function withTags(
  db: Kysely<Database>,
  rows: Omit<RunsTable, 'summary' | 'summary_tag' | 'glance'>[],
): Promise<Run[]> {
  if (rows.length === 0) return [];
  const tags = await db
    .selectFrom('run_tags')
    .selectAll()
    .where(
      'run_id',
      'in',
      rows.map((r) => r.id),
    )
    .orderBy('key')
    .execute();
  return rows.map((row) => ({
    ...row,
    origin: row.origin as Run['origin'],
    status: row.status as Status,
    config: JSON.parse(row.config) as Run['config'],
    decision_rule: JSON.parse(row.decision_rule) as Run['decision_rule'],
    environment: JSON.parse(row.environment) as Run['environment'],
    identities: JSON.parse(row.identities) as Run['identities'],
    planned: JSON.parse(row.planned) as Run['planned'],
    tags: Object.fromEntries(tags.filter((t) => t.run_id === row.id).map((t) => [t.key, t.value])),
  }));
}
