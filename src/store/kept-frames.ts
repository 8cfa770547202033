// The frame of a run as it is kept: made anew when prompts have been added, and read again only when other bytes stand there.
import { type Kysely, sql } from 'kysely';
import { sha256 } from '../hash.js';
import { decodeFrame, encodeFrame, type Frame, frameOf } from './frames.js';
import type { Connection, Database } from './schema.js';

export interface KeptFrame {
  frame: Frame;
  bytes: Buffer;
  hash: string;
}

/** The frame of a run's prompts as they are now: `known` itself where that is it. */
export async function frameFor(
  { db, engine }: Pick<Connection, 'db' | 'engine'>,
  runId: string,
  known?: KeptFrame,
): Promise<KeptFrame> {
  const made = await ensureFrame(db, runId);
  const kept = db.selectFrom('tallied_runs').where('run_id', '=', runId);
  if (known !== undefined && made === null && engine === 'postgres') {
    const there = await kept.select(sql<string>`encode(sha256(frame), 'hex')`.as('hash')).executeTakeFirst();
    if (there?.hash === known.hash) return known;
  }
  const bytes = made ?? (await kept.select('frame').executeTakeFirstOrThrow()).frame!;
  return known?.bytes.equals(bytes) ? known : { frame: decodeFrame(bytes), bytes, hash: sha256(bytes) };
}

/** The bytes of the frame that had to be made, or null where the one that is kept has all prompts. */
export async function ensureFrame(db: Kysely<Database>, runId: string): Promise<Buffer | null> {
  const [kept, there] = await Promise.all([
    db
      .selectFrom('tallied_runs')
      .select('prompts')
      .where('run_id', '=', runId)
      .where('frame', 'is not', null)
      .executeTakeFirst(),
    db
      .selectFrom('prompts')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow(),
  ]);
  if (kept?.prompts === there.n) return null;
  const rows = await db
    .selectFrom('prompts')
    .select(['position', 'suite', 'domain', 'category', 'prompt_id', 'prompt_hash'])
    .where('run_id', '=', runId)
    .execute();
  const frame = encodeFrame(frameOf(rows));
  const made = { prompts: rows.length, frame, due_of: null, due: null };
  await db
    .insertInto('tallied_runs')
    .values({ run_id: runId, version: 1, ...made })
    .onConflict((c) =>
      c
        .column('run_id')
        .doUpdateSet((e) => ({ ...made, version: e('tallied_runs.version', '+', 1) }))
        .where('tallied_runs.prompts', '<', rows.length),
    )
    .execute();
  return frame;
}
