// How often the judges agree, two by two, and what that is worth beyond chance.
import { FEW } from '../figures.js';
import type { Agreement as AgreementNumbers, AgreementPair } from '../summary.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { count, counted, percent, range, shareOf } from './numbers.js';

export function Agreement({ runId, agreement }: { runId: string; agreement: AgreementNumbers }) {
  const judges = [...new Set(agreement.pairs.flatMap((pair) => pair.judges))];
  if (judges.length < 2) return null;
  const between = (a: string, b: string) =>
    agreement.pairs.find(({ judges: [x, y] }) => (x === a && y === b) || (x === b && y === a));
  const { krippendorff_alpha: alpha, fleiss_kappa: kappa, unanimous } = agreement;
  return (
    <section aria-labelledby="agreement">
      <h2 id="agreement">Agreement</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label="Agreement of the judges, two by two">
        <table className="matrix">
          <thead>
            <tr>
              <td />
              {judges.slice(1).map((judge) => (
                <th key={judge} scope="col">
                  {judge}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {judges.slice(0, -1).map((row, i) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {judges.slice(1).map((column, j) => (
                  <Cell key={column} runId={runId} pair={j < i ? undefined : between(row, column)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="facts">
        {unanimous.share !== null && (
          <li>
            All judges give the same outcome in{' '}
            {unanimous.n < FEW
              ? `${shareOf(unanimous.share, unanimous.n)} comparisons`
              : `${percent(unanimous.share, unanimous.n)} of ${counted(unanimous.n, 'comparison')}`}
            ; <Link href={samplesPath(runId, { disagreement: 'true' })}>those where they do not</Link>.
          </li>
        )}
        {alpha.value !== null && (
          <li>
            Krippendorff’s α {alpha.value.toFixed(2)}
            {alpha.low !== null && alpha.high !== null && ` (${alpha.low.toFixed(2)} to ${alpha.high.toFixed(2)})`}
            {kappa.value !== null && `, Fleiss’ κ ${kappa.value.toFixed(2)}`}
            {': 1 is perfect, 0 is chance.'}
          </li>
        )}
      </ul>
    </section>
  );
}

function Cell({ runId, pair }: { runId: string; pair: AgreementPair | undefined }) {
  if (pair === undefined) return <td />;
  if (pair.observed === null) return <td className="quiet">{pair.reason ?? '–'}</td>;
  const disagreements = samplesPath(runId, { judge: pair.judges[0], disagreement: 'true' });
  if (pair.n < FEW)
    return (
      <td className="quiet">
        <Link href={disagreements}>{shareOf(pair.observed, pair.n)}</Link>
        <br />
        <span className="small">too few</span>
      </td>
    );
  return (
    <td style={{ backgroundColor: `color-mix(in srgb, var(--ink) ${Math.round(pair.observed * 14)}%, transparent)` }}>
      <Link href={disagreements}>
        <b>{percent(pair.observed, pair.n)}</b>{' '}
        {pair.interval !== null && range(pair.interval.low, pair.interval.high, pair.n)}
      </Link>
      <br />
      <span className="small">
        {pair.gwet_ac1 !== null && `AC1 ${pair.gwet_ac1.toFixed(2)} · `}
        {pair.cohen_kappa !== null && `κ ${pair.cohen_kappa.toFixed(2)} · `}n {count(pair.n)}
      </span>
    </td>
  );
}
