// Who works, and how fast: one line beside the title of the runs, each of them one key away.
import { useEffect } from 'react';
import { Link } from './address.js';
import type { Page } from './list.js';
import { count, counted, duration } from './numbers.js';
import { useAnswer } from './server.js';

interface Worker {
  /** The run that a process carries out alone; null for workers that share runs. */
  run_id: string | null;
  holder: string;
  endpoints: string[] | null;
  judged: number | null;
  per_minute: number | null;
  silent_ms: number | null;
}

/** A worker beats every few seconds; one that was silent for this long may be gone. */
const SILENT_MS = 30_000;

/** @param at asked for anew whenever this changes */
export function WorkersLine({ at }: { at: unknown }) {
  const { value, again } = useAnswer<Page<Worker>>('/api/workers');
  useEffect(again, [at]);
  const workers = value?.items ?? [];
  if (workers.length === 0) return null;
  const sharing = workers.filter(({ run_id }) => run_id === null);
  const alive = sharing.filter(({ silent_ms }) => (silent_ms ?? 0) < SILENT_MS);
  const speed = alive.reduce((sum, { per_minute }) => sum + (per_minute ?? 0), 0);
  const alone = workers.length - sharing.length;
  const words = [
    sharing.length > 0 && `${counted(alive.length, 'worker')} alive, ${count(Math.round(speed))} units a minute`,
    sharing.length > alive.length && `${count(sharing.length - alive.length)} silent`,
    alone > 0 &&
      `${counted(alone, 'run')} carried out by ${alone === 1 ? 'its own process' : 'processes of their own'}`,
  ];
  return (
    <details className="workers">
      <summary>{words.filter(Boolean).join(' · ')}</summary>
      <ul>
        {workers.map((worker) => (
          <li key={`${worker.holder} ${worker.run_id}`}>
            <Who worker={worker} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Who({ worker: { run_id, holder, endpoints, judged, per_minute, silent_ms } }: { worker: Worker }) {
  const [host, pid] = holder.split(':');
  const name = <b>{`${host}, process ${pid}`}</b>;
  if (run_id !== null)
    return (
      <>
        {name} carries out <Link href={`/runs/${encodeURIComponent(run_id)}`}>{run_id}</Link>
      </>
    );
  const facts = [
    endpoints === null ? 'asks everybody' : `asks ${endpoints.join(', ')}`,
    `${count(Math.round(per_minute ?? 0))} units a minute`,
    `${count(judged ?? 0)} since it started`,
    silent_ms !== null && silent_ms >= SILENT_MS && `not heard of for ${duration(silent_ms)}`,
  ];
  return (
    <>
      {name} <span className="quiet">{facts.filter(Boolean).join(' · ')}</span>
    </>
  );
}
