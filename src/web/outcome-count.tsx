// How many samples of a group had an outcome: a link to them.
import type { Estimate } from '../summary.js';
import type { Outcome } from '../records.js';
import { Link } from './address.js';
import { filtersOf } from './estimates.js';
import { samplesPath } from './filters.js';
import { count } from './numbers.js';
import { OUTCOME_WORDS } from '../words.js';

interface Props {
  runId: string;
  estimate: Estimate;
  outcome: Outcome;
  n: number;
}

export function OutcomeCount({ runId, estimate, outcome, n }: Props) {
  if (n === 0) return <span className="quiet">0</span>;
  const href = samplesPath(runId, { ...filtersOf(estimate), outcome });
  return (
    <Link href={href} aria-label={`${count(n)} ${OUTCOME_WORDS[outcome]}`}>
      {count(n)}
    </Link>
  );
}
