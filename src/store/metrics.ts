// Metrics that other programs measured (benchmarks, losses, tracker columns), kept by checkpoint and training step.
import type { Kysely } from 'kysely';
import type { Metric } from '../answers.js';
import { hashOf } from '../hash.js';
import type { Database } from './schema.js';

const BATCH = 500;

export function metricQueries(db: Kysely<Database>) {
  return {
    /** Keeps metrics; one that was read from the same source before takes the new value. How many are new. */
    async keepMetrics(metrics: readonly Metric[], at: string): Promise<number> {
      const rows = new Map(
        metrics.map((metric) => {
          const { checkpoint, step, source, sampling } = metric;
          const id = hashOf([checkpoint, step, metric.metric, source, sampling]).slice(0, 32);
          const row = { ...metric, id, sampling: sampling && JSON.stringify(sampling), imported_at: at };
          return [id, row] as const;
        }),
      );
      const before = await count();
      const values = [...rows.values()];
      for (let i = 0; i < values.length; i += BATCH) {
        await db
          .insertInto('metrics')
          .values(values.slice(i, i + BATCH))
          .onConflict((c) =>
            c.column('id').doUpdateSet((e) => ({
              value: e.ref('excluded.value'),
              n: e.ref('excluded.n'),
              imported_at: e.ref('excluded.imported_at'),
            })),
          )
          .execute();
      }
      return (await count()) - before;
    },

    /** Metrics by checkpoint, step and name. */
    async metrics(filter: { metric?: readonly string[]; checkpoint?: readonly string[] } = {}): Promise<Metric[]> {
      let query = db
        .selectFrom('metrics')
        .select(['checkpoint', 'step', 'metric', 'value', 'source', 'n', 'sampling'])
        .orderBy('checkpoint')
        .orderBy('step')
        .orderBy('metric')
        .orderBy('source');
      for (const column of ['metric', 'checkpoint'] as const) {
        const values = filter[column];
        if (values !== undefined) query = query.where(column, 'in', values.length === 0 ? [''] : [...values]);
      }
      const rows = await query.execute();
      return rows.map((row) => ({
        ...row,
        sampling: row.sampling === null ? null : (JSON.parse(row.sampling) as Metric['sampling']),
      }));
    },

    /** Names under which anything was measured, with how many numbers there are. */
    async metricNames(): Promise<{ metric: string; n: number }[]> {
      return db
        .selectFrom('metrics')
        .select((e) => ['metric', e.fn.countAll<number>().as('n')])
        .groupBy('metric')
        .orderBy('metric')
        .execute();
    },
  };

  async function count(): Promise<number> {
    const row = await db
      .selectFrom('metrics')
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return row.n;
  }
}
