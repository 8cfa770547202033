// Judgments are added, never edited; a failed one is replaced by the next attempt, attempts and tokens adding up.
import { sql } from 'kysely';
import { codePoints, hashOf } from '../hash.js';
import type { Canary, Judgment, Order } from '../records.js';
import { rowWriter } from './rows.js';
import type { Connection, JudgmentsTable } from './schema.js';

export interface Coordinates {
  run_id: string;
  suite: string;
  prompt_id: string;
  repeat: number;
  judge: string;
  order: Order | null;
  replicate: number;
  canary: Canary | null;
}

/** Id of a judgment: hash of its coordinates, 32 hex digits; a repeated write is a no-op. */
export function judgmentId(c: Coordinates): string {
  return hashOf([c.run_id, c.suite, c.prompt_id, c.repeat, c.judge, c.order, c.replicate, c.canary]).slice(0, 32);
}

export interface PlacedJudgment {
  judgment: Judgment;
  /** Place of the prompt in the run. */
  position: number;
  /** The judge saw other texts than the run's responses: they are kept with the judgment. */
  own_texts: boolean;
}

/** The insertion of judgments. */
export function judgmentWriter({ db, atOnce }: Pick<Connection, 'db' | 'atOnce'>) {
  const insert = (values: Omit<JudgmentsTable, 'seq'>[]) =>
    db
      .insertInto('judgments')
      .values(values as never)
      .onConflict((c) =>
        c
          .column('id')
          .doUpdateSet((e) => ({
            ...Object.fromEntries(REPLACED.map((column) => [column, e.ref(`excluded.${column}`)])),
            ...Object.fromEntries(
              ADDED.map((column) => [
                column,
                sql`case when ${e.ref(`judgments.${column}`)} is null then ${e.ref(`excluded.${column}`)}
                  else ${e.ref(`judgments.${column}`)} + coalesce(${e.ref(`excluded.${column}`)}, 0) end`,
              ]),
            ),
          }))
          // The same failed write twice must not count its tokens twice.
          .where('judgments.state', '=', sql.lit('failed'))
          .where((e) => e('judgments.judged_at', 'is distinct from', e.ref('excluded.judged_at'))),
      );

  return rowWriter(
    db as never,
    (rows) => insert(Array<never>(rows).fill(BLANK)).compile().sql,
    (row: PlacedJudgment) =>
      COLUMNS.map((column) => (column in OWN ? OWN[column as Own](row) : row.judgment[column as Exclude<Column, Own>])),
    atOnce,
  );
}

export function judgmentWrites(connection: Connection) {
  const { db } = connection;
  const write = judgmentWriter(connection);

  return {
    /** Keeps judgments and says how many were added or replaced a failed one. A judged one is never changed. */
    addJudgments(rows: readonly PlacedJudgment[]): Promise<number> {
      return write(rows);
    },

    /** State of the judgments of prompts at some positions, by id. */
    async judgmentStates(runId: string, positions: number[]): Promise<Map<string, Judgment['state']>> {
      const rows = await db
        .selectFrom('judgments')
        .select(['id', 'state'])
        .where('run_id', '=', runId)
        .where('position', 'in', positions)
        .execute();
      return new Map(rows.map((r) => [r.id, r.state as Judgment['state']]));
    },
  };
}

const COLUMNS = [
  'id',
  'run_id',
  'suite',
  'domain',
  'category',
  'prompt_id',
  'position',
  'repeat',
  'replicate',
  'canary',
  'judge',
  'judge_provider',
  'judge_model',
  'judge_model_served',
  'template',
  'order',
  'baseline_text',
  'candidate_text',
  'baseline_length',
  'candidate_length',
  'presentation_notes',
  'presentation_sha256',
  'reply',
  'stop_reason',
  'state',
  'failure',
  'verdict',
  'winner',
  'score',
  'baseline_scores',
  'candidate_scores',
  'rationale',
  'quote',
  'quote_found_in',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'cost_usd',
  'latency_ms',
  'attempts',
  'judged_at',
] as const satisfies (keyof JudgmentsTable)[];

const BLANK = Object.fromEntries(COLUMNS.map((column) => [column, 0])) as never;

type Column = (typeof COLUMNS)[number];

const lengthOf = (text: string | null) => (text === null ? null : codePoints(text));
const jsonOf = (value: unknown) => (value === null ? null : JSON.stringify(value));

/** Columns that are no field of a judgment, or are kept in another form. */
const OWN = {
  position: ({ position }: PlacedJudgment) => position,
  canary: ({ judgment }: PlacedJudgment) => judgment.canary ?? '',
  baseline_text: ({ judgment, own_texts }: PlacedJudgment) => (own_texts ? judgment.baseline_response : null),
  candidate_text: ({ judgment, own_texts }: PlacedJudgment) => (own_texts ? judgment.candidate_response : null),
  baseline_length: ({ judgment }: PlacedJudgment) => lengthOf(judgment.baseline_response),
  candidate_length: ({ judgment }: PlacedJudgment) => lengthOf(judgment.candidate_response),
  presentation_notes: ({ judgment }: PlacedJudgment) => JSON.stringify(judgment.presentation_notes),
  baseline_scores: ({ judgment }: PlacedJudgment) => jsonOf(judgment.baseline_scores),
  candidate_scores: ({ judgment }: PlacedJudgment) => jsonOf(judgment.candidate_scores),
};
type Own = keyof typeof OWN;

const REPLACED = [
  'judge_model_served',
  'presentation_notes',
  'presentation_sha256',
  'reply',
  'stop_reason',
  'state',
  'failure',
  'verdict',
  'winner',
  'score',
  'baseline_scores',
  'candidate_scores',
  'rationale',
  'quote',
  'quote_found_in',
  'latency_ms',
  'judged_at',
] as const;
const ADDED = ['input_tokens', 'output_tokens', 'cached_tokens', 'cost_usd', 'attempts'] as const;
