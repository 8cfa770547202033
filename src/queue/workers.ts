// Who works, as rows that beat: a worker that has not beaten for the length of a lease is lost, and its blocks pass on.
// Through the same beat all workers of an endpoint share its pauses, its refusals and its rates. All times are the
// database's, since the clocks of several machines differ.
import { sql } from 'kysely';
import type { Db, Queue } from './index.js';

export interface WorkerRow {
  id: string;
  host: string;
  pid: number;
  /** Names of the checkpoints and judges it takes; null for all. */
  endpoints: string[] | null;
  /** Judgments and responses since it started, and in the last minute. */
  judged: number;
  per_minute: number;
  started_at: string;
  beat_at: string;
}

export interface Beat extends Omit<WorkerRow, 'started_at' | 'beat_at'> {
  /** Addresses it has asked. */
  addresses: string[];
}

/** What a worker has met at an endpoint since it last told. */
export interface Met {
  address: string;
  /** Milliseconds for which nobody should ask; 0 for none. */
  pause_ms: number;
  refusals: number;
}

/** What all workers heed at an endpoint. */
export interface Heed {
  address: string;
  pause_ms: number;
  /** Refusals that anybody ever met. */
  refusals: number;
  /** Workers that ask there. */
  sharers: number;
}

const at = (ms: number) =>
  sql`to_char(clock_timestamp() at time zone 'utc' + ${ms}::float8 * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Says that a worker lives; it is entered if it is not known (any more). */
export async function beat(db: Db, b: Beat): Promise<void> {
  const endpoints = b.endpoints === null ? null : JSON.stringify(b.endpoints);
  const addresses = JSON.stringify(b.addresses);
  await sql`insert into workers (id, host, pid, endpoints, addresses, judged, per_minute, started_at, beat_at)
    values (${b.id}, ${b.host}, ${b.pid}, ${endpoints}, ${addresses}, ${b.judged}, ${b.per_minute}, ${at(0)}, ${at(0)})
    on conflict (id) do update set addresses = excluded.addresses, judged = excluded.judged,
      per_minute = excluded.per_minute, beat_at = excluded.beat_at`.execute(db);
}

export async function leave(db: Db, id: string): Promise<void> {
  await sql`delete from workers where id = ${id}`.execute(db);
}

/** Strikes workers out that have not beaten for `lease_ms` and passes their blocks on; how many there were. */
export async function reap(db: Db, queue: Queue, lease_ms: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`select id from workers where beat_at < ${at(-lease_ms)}`.execute(db);
  for (const { id } of rows) {
    await db.transaction().execute(async (trx) => {
      const { numAffectedRows } = await sql`
        delete from workers where id = ${id} and beat_at < ${at(-lease_ms)}`.execute(trx);
      if (numAffectedRows === 1n) await takeBack(trx, queue, id);
    });
  }
  return rows.length;
}

/** Passes on what a worker holds, but for the blocks it says it has in hand. */
export async function takeBack(trx: Db, queue: Queue, worker: string, inHand: readonly string[] = []): Promise<void> {
  const { rows } = await sql<{ block: string; queue: string }>`
    delete from leases where worker = ${worker} and not block = any(${inHand}) returning block, queue`.execute(trx);
  await queue.passOn(rows, trx);
}

/** Tells what was met at endpoints, and reads what all have met. */
export async function exchange(db: Db, met: readonly Met[]): Promise<Heed[]> {
  for (const { address, pause_ms, refusals } of met) {
    const until = pause_ms > 0 ? at(pause_ms) : sql`null::text`;
    await sql`insert into endpoint_limits (address, paused_until, refusals) values (${address}, ${until}, ${refusals})
      on conflict (address) do update set refusals = endpoint_limits.refusals + excluded.refusals,
        paused_until = greatest(endpoint_limits.paused_until, excluded.paused_until)`.execute(db);
  }
  const { rows } = await sql<Heed>`
    select a.address, coalesce(l.refusals, 0) as refusals, count(*)::int as sharers,
      greatest(0, extract(epoch from l.paused_until::timestamptz - clock_timestamp()) * 1000)::float8 as pause_ms
    from workers w cross join lateral jsonb_array_elements_text(w.addresses::jsonb) a(address)
    left join endpoint_limits l on l.address = a.address
    group by a.address, l.refusals, l.paused_until`.execute(db);
  return rows.map((row) => ({ ...row, pause_ms: row.pause_ms ?? 0 }));
}

/** Who works now, on either engine. */
export async function workers(db: Db): Promise<WorkerRow[]> {
  const { rows } = await sql<WorkerRow & { endpoints: string | null }>`
    select id, host, pid, endpoints, judged, per_minute, started_at, beat_at from workers order by started_at, id`.execute(
    db,
  );
  return rows.map((row) => ({
    ...row,
    endpoints: row.endpoints === null ? null : (JSON.parse(row.endpoints as unknown as string) as string[]),
  }));
}
