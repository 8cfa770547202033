// The win rate as a judge states it beside what it is with the judge's error carried in; a correction that the votes cannot
// bear says why.
import type { Corrected, JudgeCalibration } from '../summary.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { IntervalMark } from './interval-mark.js';
import { counted, percent, range } from './numbers.js';

type Rates = JudgeCalibration['corrected'][number];

export function CorrectedRates({ runId, judge: { judge, corrected } }: { runId: string; judge: JudgeCalibration }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`Win rate by ${judge}, corrected`}>
      <table className="numbers marked corrected">
        <thead>
          <tr>
            <th scope="col">win rate</th>
            <th scope="col" className="words">
              rate and interval
            </th>
            <th scope="col" className="middle">
              50
            </th>
          </tr>
        </thead>
        {corrected.map((rates) => (
          <tbody key={rates.group.domain ?? ''}>
            <tr>
              <th scope="rowgroup" colSpan={3}>
                <Link
                  href={samplesPath(runId, {
                    ...(rates.group.domain !== undefined && { domain: rates.group.domain }),
                    ...(judge !== 'jury' && { judge }),
                  })}
                >
                  {rates.group.domain ?? 'all prompts'}
                </Link>{' '}
                <span className="quiet">
                  {counted(rates.n, 'prompt')}, {rates.labels} judged by people
                </span>
              </th>
            </tr>
            {rowsOf(rates).map(([name, rate]) => (
              <Row key={name} name={name} rate={rate} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** Two corrections refused for one reason are said once. */
function rowsOf({ raw, people, ppi, sensitivity_specificity: cells }: Rates): [string, Corrected][] {
  const rows: [string, Corrected][] = [
    ['as the judge says', raw],
    ['people alone', people],
  ];
  return ppi.reason !== null && ppi.reason === cells.reason
    ? [...rows, ['corrected', ppi]]
    : [...rows, ['corrected (PPI++)', ppi], ['corrected by sensitivity and specificity', cells]];
}

function Row({ name, rate }: { name: string; rate: Corrected }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="words">
        {rate.win_rate === null ? (
          <span className="quiet">refused: {rate.reason}</span>
        ) : (
          <>
            <b>{percent(rate.win_rate)}</b> {range(rate.low, rate.high)}
          </>
        )}
      </td>
      <td>{rate.win_rate !== null && <IntervalMark rate={rate.win_rate} interval={rate} />}</td>
    </tr>
  );
}
