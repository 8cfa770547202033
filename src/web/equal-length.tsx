// What the win rate would be if both texts were of one length: beside the raw rate, never alone, since length may be part of
// what is better. Where it cannot be told, the reason.
import type { Estimate } from '../summary.js';
import { Link } from './address.js';
import { filtersOf, type Kind, labelOf } from './estimates.js';
import { samplesPath } from './filters.js';
import { percent, range } from './numbers.js';

interface Props {
  runId: string;
  kind: Kind;
  rows: readonly Estimate[];
}

export function EqualLength({ runId, kind, rows }: Props) {
  const known = rows.filter((e) => 'win_rate' in e.length_controlled);
  const [first] = rows;
  if (first === undefined) return null;
  if (known.length === 0)
    return (
      <p className="small">
        At equal length: {'reason' in first.length_controlled ? first.length_controlled.reason : 'not estimable'}.
      </p>
    );
  return (
    <dl className="facts equal-length" aria-label="Win rates at equal length">
      {rows.map((e) => (
        <div key={labelOf(e, kind)}>
          <dt>{labelOf(e, kind)}</dt>
          <dd>
            <Said runId={runId} estimate={e} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Said({ runId, estimate: e }: { runId: string; estimate: Estimate }) {
  const length = e.length_controlled;
  if ('reason' in length) return <span className="quiet">at equal length: {length.reason}</span>;
  return (
    <>
      at equal length{' '}
      <Link href={samplesPath(runId, filtersOf(e))}>
        <b>{percent(length.win_rate, e.n_prompts)}</b> {range(length.low, length.high, e.n_prompts)}
      </Link>{' '}
      <span className="quiet">
        {e.win_rate !== null && `instead of ${percent(e.win_rate, e.n_prompts)}`}
        {length.slope > 0
          ? '; the longer text wins more often'
          : length.slope < 0
            ? '; the shorter text wins more often'
            : ''}
      </span>
    </>
  );
}
