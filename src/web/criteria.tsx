// Which qualities drive a judge: how far its scores for the two texts differ by criterion, and how often the sign of that
// difference is its verdict's.
import { useMemo } from 'react';
import { signed } from '../figures.js';
import type { CriterionSummary } from '../summary.js';
import { Link } from './address.js';
import { criteriaHeight, drawCriteria, reachOf } from './criteria-picture.js';
import { samplesPath } from './filters.js';
import { count, percent } from './numbers.js';
import { NumbersBelow } from './numbers-below.js';
import { Picture } from './picture.js';

interface Props {
  runId: string;
  criteria: CriterionSummary[];
  /** Tables are asked for. */
  table: boolean;
}

export function Criteria({ runId, criteria, table }: Props) {
  const judges = [...new Set(criteria.map(({ judge }) => judge))];
  if (criteria.length === 0) return null;
  return (
    <section aria-labelledby="criteria">
      <h2 id="criteria">What drives a judge</h2>
      <p className="prose">Scores of the candidate less those of the baseline, on the judge’s own scale.</p>
      {judges.map((judge) => (
        <OfJudge key={judge} runId={runId} judge={judge} all={criteria} />
      ))}
      <NumbersBelow name="Criteria by judge" shown={table}>
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">judge</th>
              <th scope="col" className="words">
                criterion
              </th>
              <th scope="col">candidate − baseline</th>
              <th scope="col">interval</th>
              <th scope="col">sign agrees with the verdict</th>
              <th scope="col">judgments</th>
            </tr>
          </thead>
          <tbody>
            {criteria.map((c) => (
              <tr key={`${c.judge} ${c.criterion}`}>
                <th scope="row">{c.judge}</th>
                <td className="words">{c.criterion}</td>
                <td>{signed(c.mean_difference)}</td>
                <td>{c.low === null || c.high === null ? '–' : `${signed(c.low)} to ${signed(c.high)}`}</td>
                <td>{c.agrees_with_verdict === null ? '–' : percent(c.agrees_with_verdict)}</td>
                <td>
                  <Link href={samplesPath(runId, { judge: c.judge })}>{count(c.n)}</Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </NumbersBelow>
    </section>
  );
}

/** "Its verdict follows clarity most (93 %), brevity least (51 %)": by how often the signs agree. */
function sentenceOf(criteria: readonly CriterionSummary[]): string {
  const known = criteria
    .filter((c) => c.agrees_with_verdict !== null)
    .toSorted((a, b) => b.agrees_with_verdict! - a.agrees_with_verdict!);
  const [most, least] = [known[0], known.at(-1)];
  if (most === undefined || least === undefined) return 'No verdict has scores on both sides to compare it with.';
  const said = ({ criterion, agrees_with_verdict: share }: CriterionSummary) => `${criterion} (${percent(share!)})`;
  return known.length === 1
    ? `The verdict has the sign of ${said(most)}.`
    : `The verdict follows ${said(most)} most, ${said(least)} least.`;
}

function OfJudge({ runId, judge, all }: { runId: string; judge: string; all: CriterionSummary[] }) {
  const criteria = useMemo(() => all.filter((c) => c.judge === judge), [all, judge]);
  const draw = useMemo(() => {
    const reach = reachOf(all);
    return (width: number) => drawCriteria(criteria, reach, width);
  }, [all, criteria]);
  const said = criteria.map(
    ({ criterion, mean_difference, low, high }) =>
      `${criterion} ${signed(mean_difference)}${low === null || high === null ? '' : `, ${signed(low)} to ${signed(high)}`}.`,
  );
  return (
    <figure className="criteria">
      <figcaption>
        <Link href={samplesPath(runId, { judge })}>{judge}</Link> <span className="quiet">{sentenceOf(criteria)}</span>
      </figcaption>
      <Picture
        draw={draw}
        height={criteriaHeight(criteria.length)}
        words={`Mean difference of the scores of ${judge}, candidate less baseline, by criterion. ${said.join(' ')}`}
      />
    </figure>
  );
}
