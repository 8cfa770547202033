// The numbers of the forest plot as a table; every count leads to its judgments.
import { FEW } from '../figures.js';
import type { Estimate } from '../summary.js';
import { Link } from './address.js';
import { filtersOf, type Kind, labelOf } from './estimates.js';
import { samplesPath } from './filters.js';
import { Glyph } from './glyph.js';
import { count, headline, percent, pValue, range } from './numbers.js';
import { OutcomeCount } from './outcome-count.js';
import { useNarrow } from './picture.js';
import { OUTCOMES, outcomeCounts } from '../words.js';

export function EstimateTable({ runId, kind, rows }: { runId: string; kind: Kind; rows: Estimate[] }) {
  // On a phone the interval stands below its rate, so that all five counts are seen.
  const narrow = useNarrow();
  const tested = rows.some((e) => e.p_value !== null);
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`Win rates by ${kind} as a table`}>
      <table className="numbers estimates">
        <thead>
          <tr>
            <th scope="col">{kind}</th>
            <th scope="col">win rate</th>
            {!narrow && <th scope="col">interval</th>}
            {OUTCOMES.map((outcome) => (
              <th key={outcome} scope="col">
                <Glyph outcome={outcome} />
              </th>
            ))}
            <th scope="col">prompts</th>
            <th scope="col">judgments</th>
            <th scope="col">coverage</th>
            <th scope="col">whatever failed</th>
            <th scope="col">at equal length</th>
            {tested && <th scope="col">p</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((e) => {
            const p = e.p_adjusted ?? e.p_value;
            const interval = e.interval === null ? '–' : range(e.interval.low, e.interval.high, e.n_prompts);
            return (
              <tr key={labelOf(e, kind)}>
                <th scope="row">
                  <Link href={samplesPath(runId, filtersOf(e))}>{labelOf(e, kind)}</Link>
                </th>
                <td>
                  {e.win_rate === null ? (e.reason ?? '–') : headline(e)}
                  {narrow && <span className="small below">{interval}</span>}
                </td>
                {!narrow && <td>{interval}</td>}
                {outcomeCounts(e).map(([outcome, n]) => (
                  <td key={outcome}>
                    <OutcomeCount runId={runId} estimate={e} outcome={outcome} n={n} />
                  </td>
                ))}
                <td>{count(e.n_prompts)}</td>
                <td>
                  <Link href={samplesPath(runId, filtersOf(e))}>{count(e.n_judgments)}</Link>
                </td>
                <td>{e.coverage === null ? '–' : percent(e.coverage)}</td>
                <td>
                  {e.bounds === null || e.n_prompts < FEW ? '–' : range(e.bounds.low, e.bounds.high, e.n_prompts)}
                </td>
                <td>{equalLength(e)}</td>
                {tested && <td>{pValue(p)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function equalLength({ length_controlled: length, n_prompts }: Estimate): string {
  if ('reason' in length) return '–';
  return `${percent(length.win_rate, n_prompts)} ${range(length.low, length.high, n_prompts)}`;
}
