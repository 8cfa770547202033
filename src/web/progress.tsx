// How far a run is.
import type { Status } from '../records.js';
import type { LiveProgress, Progress } from '../answers.js';
import { count, duration, money } from './numbers.js';

interface Props {
  progress: Progress;
  status: Status;
  /** Told while the run is looked at: its pace and what it has spent. */
  live?: LiveProgress | null;
}

export function ProgressLine({ progress: { judged, failed, due }, status, live = null }: Props) {
  const done = judged + failed;
  const { per_second: pace = null, left_ms: left = null, spent_usd: spent = null } = live ?? {};
  const words = [
    status === 'queued' ? 'queued' : `${count(done)} of ${count(due)}`,
    failed > 0 && `${count(failed)} failed`,
    pace !== null && `${pace.toFixed(1)} per second`,
    left !== null && `${duration(left)} left`,
    spent !== null && money(spent),
  ];
  return (
    <div className="progress">
      <progress max={Math.max(due, done, 1)} value={done} aria-label="Judgments done" />
      <span>{words.filter(Boolean).join(', ')}</span>
    </div>
  );
}
