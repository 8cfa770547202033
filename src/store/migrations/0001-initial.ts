// The first shape of the database. Each statement can be repeated: SQLite keeps what a failed migration left behind.
import { sql, type Kysely } from 'kysely';
import type { Engine } from '../schema.js';

export function initial(engine: Engine) {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      // Names and ids sort by bytes on both engines, so that exports have one order.
      const text = engine === 'postgres' ? sql`text collate "C"` : sql`text`;
      const real = engine === 'postgres' ? sql`double precision` : sql`real`;
      const table = (name: string) => db.schema.createTable(name).ifNotExists();

      await table('runs')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('configuration', text, (c) => c.notNull())
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('purpose', text, (c) => c.notNull())
        .addColumn('description', text)
        .addColumn('data_purpose', text)
        .addColumn('data_path', text)
        .addColumn('baseline', text, (c) => c.notNull())
        .addColumn('candidate', text, (c) => c.notNull())
        .addColumn('sweep', text)
        .addColumn('origin', text, (c) => c.notNull())
        .addColumn('status', text, (c) => c.notNull())
        .addColumn('reason', text)
        .addColumn('config', text, (c) => c.notNull())
        .addColumn('decision_rule', text, (c) => c.notNull())
        .addColumn('environment', text, (c) => c.notNull())
        .addColumn('identities', text, (c) => c.notNull())
        .addColumn('planned', text, (c) => c.notNull())
        .addColumn('exports', text)
        .addColumn('created_at', text, (c) => c.notNull())
        .addColumn('started_at', text)
        .addColumn('ended_at', text)
        .addColumn('summary', text)
        .addColumn('summary_tag', text)
        .addColumn('glance', text)
        .execute();
      await index(db, 'runs', ['configuration', 'created_at']);

      await table('run_tags')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('key', text, (c) => c.notNull())
        .addColumn('value', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('run_tags_key', ['run_id', 'key'])
        .execute();

      await table('suites')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('suite', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('domain', text)
        .addColumn('description', text)
        .addPrimaryKeyConstraint('suites_key', ['run_id', 'suite'])
        .execute();

      await table('prompts')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('suite', text, (c) => c.notNull())
        .addColumn('prompt_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('domain', text)
        .addColumn('category', text)
        .addColumn('prompt', text)
        .addColumn('messages', text)
        .addColumn('system', text)
        .addColumn('reference', text)
        .addColumn('prompt_hash', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('prompts_key', ['run_id', 'suite', 'prompt_id'])
        .execute();
      await index(db, 'prompts', ['run_id', 'position']);

      await table('responses')
        .addColumn('id', text, (c) => c.primaryKey())
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('suite', text, (c) => c.notNull())
        .addColumn('prompt_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('repeat', 'integer', (c) => c.notNull())
        .addColumn('role', text, (c) => c.notNull())
        .addColumn('checkpoint', text, (c) => c.notNull())
        .addColumn('provider', text)
        .addColumn('model', text)
        .addColumn('model_served', text)
        .addColumn('response', text)
        .addColumn('state', text, (c) => c.notNull())
        .addColumn('failure', text)
        .addColumn('stop_reason', text)
        .addColumn('input_tokens', 'integer')
        .addColumn('output_tokens', 'integer')
        .addColumn('cost_usd', real)
        .addColumn('latency_ms', real)
        .addColumn('generated_at', text)
        .execute();
      await index(db, 'responses', ['run_id', 'position', 'repeat', 'role']);

      await table('judgments')
        .addColumn('seq', engine === 'postgres' ? 'bigserial' : 'integer', (c) =>
          engine === 'postgres' ? c.primaryKey() : c.primaryKey().autoIncrement(),
        )
        .addColumn('id', text, (c) => c.notNull().unique())
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('suite', text, (c) => c.notNull())
        .addColumn('domain', text)
        .addColumn('category', text)
        .addColumn('prompt_id', text, (c) => c.notNull())
        .addColumn('position', 'integer', (c) => c.notNull())
        .addColumn('repeat', 'integer', (c) => c.notNull())
        .addColumn('replicate', 'integer', (c) => c.notNull())
        .addColumn('canary', text, (c) => c.notNull())
        .addColumn('judge', text, (c) => c.notNull())
        .addColumn('judge_provider', text)
        .addColumn('judge_model', text)
        .addColumn('judge_model_served', text)
        .addColumn('template', text)
        .addColumn('order', text)
        .addColumn('baseline_text', text)
        .addColumn('candidate_text', text)
        .addColumn('baseline_length', 'integer')
        .addColumn('candidate_length', 'integer')
        .addColumn('presentation_notes', text, (c) => c.notNull())
        .addColumn('presentation_sha256', text)
        .addColumn('reply', text)
        .addColumn('stop_reason', text)
        .addColumn('state', text, (c) => c.notNull())
        .addColumn('failure', text)
        .addColumn('verdict', text)
        .addColumn('winner', text)
        .addColumn('score', real)
        .addColumn('baseline_scores', text)
        .addColumn('candidate_scores', text)
        .addColumn('rationale', text)
        .addColumn('quote', text)
        .addColumn('quote_found_in', text)
        .addColumn('input_tokens', 'integer')
        .addColumn('output_tokens', 'integer')
        .addColumn('cached_tokens', 'integer')
        .addColumn('cost_usd', real)
        .addColumn('latency_ms', real)
        .addColumn('attempts', 'integer', (c) => c.notNull())
        .addColumn('judged_at', text)
        .execute();
      await index(db, 'judgments', ['run_id', 'position', 'repeat', 'judge', 'order', 'replicate', 'canary']);
      await index(db, 'judgments', ['run_id', 'seq']);

      await table('findings')
        .addColumn('run_id', text, (c) => c.notNull())
        .addColumn('judgment_id', text)
        .addColumn('code', text, (c) => c.notNull())
        .addColumn('severity', text, (c) => c.notNull())
        .addColumn('message', text, (c) => c.notNull())
        .execute();
      await index(db, 'findings', ['run_id', 'code', 'judgment_id']);

      await table('cache')
        .addColumn('key', text, (c) => c.primaryKey())
        .addColumn('kind', text, (c) => c.notNull())
        .addColumn('model', text, (c) => c.notNull())
        .addColumn('answer', text, (c) => c.notNull())
        .addColumn('created_at', text, (c) => c.notNull())
        .execute();

      await table('holders')
        .addColumn('run_id', text, (c) => c.primaryKey())
        .addColumn('holder', text, (c) => c.notNull())
        .addColumn('since', text, (c) => c.notNull())
        .execute();

      await table('checkpoints')
        .addColumn('name', text, (c) => c.notNull())
        .addColumn('digest', text, (c) => c.notNull())
        .addColumn('path', text, (c) => c.notNull())
        .addColumn('seen_at', text, (c) => c.notNull())
        .addColumn('identity', text, (c) => c.notNull())
        .addPrimaryKeyConstraint('checkpoints_key', ['name', 'digest', 'path'])
        .execute();
    },
  };
}

async function index(db: Kysely<unknown>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_${columns[1] ?? ''}`)
    .ifNotExists()
    .on(table)
    .columns(columns)
    .execute();
}
