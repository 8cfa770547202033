// How far repeats differ, where the spread of a score comes from, and what would shrink it.
import type { Variance } from '../summary.js';
import { repeatsSentence } from '../words.js';
import { Link } from './address.js';
import { type Filters, samplesPath } from './filters.js';
import { IntervalMark } from './interval-mark.js';
import { percent } from './numbers.js';

const PARTS: readonly [part: 'prompts' | 'responses' | 'orders' | 'judges', what: string, cure: string, of: Filters][] =
  [
    ['prompts', 'from prompt to prompt', 'more prompts shrink it', {}],
    ['responses', 'from answer to answer of the same prompt', 'more repeats shrink it', {}],
    ['orders', 'from order to order', 'judging both orders shrinks it', { outcome: 'order-dependent' }],
    ['judges', 'from judge to judge', 'more judges shrink it', { disagreement: 'true' }],
  ];

export function Spread({ runId, variance }: { runId: string; variance: Variance }) {
  const known = PARTS.filter(([part]) => variance[part] !== null);
  const repeats = repeatsSentence(variance);
  if (known.length === 0 && repeats === null) return null;
  const [largest] = known.toSorted(([a], [b]) => variance[b]! - variance[a]!);
  return (
    <section aria-labelledby="spread">
      <h2 id="spread">Spread</h2>
      {repeats !== null && <p className="prose">{repeats}</p>}
      {largest !== undefined && (
        <p className="prose">
          {repeats === null && 'One answer a prompt: there are no repeats to compare. '}
          Most of the spread of a score is {largest[1]}: {largest[2]}.
        </p>
      )}
      {known.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Where the spread of a score comes from">
          <table className="numbers shares">
            <tbody>
              {known.map(([part, what, cure, of]) => (
                <tr key={part}>
                  <th scope="row">{what}</th>
                  <td>
                    <Link href={samplesPath(runId, of)}>{percent(variance[part]!)}</Link>
                  </td>
                  <td className="share" aria-hidden="true">
                    <span style={{ width: `${variance[part]! * 100}%` }} />
                  </td>
                  <td className="words quiet">{cure}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {variance.reason !== null && <p className="small">Not told apart: {variance.reason}.</p>}
      {variance.win_rate_by_repeat.length > 1 && <Repeats runId={runId} rates={variance.win_rate_by_repeat} />}
    </section>
  );
}

function Repeats({ runId, rates }: { runId: string; rates: Variance['win_rate_by_repeat'] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Win rate by repeat">
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">repeat</th>
            <th scope="col" className="middle">
              50
            </th>
            <th scope="col">win rate</th>
          </tr>
        </thead>
        <tbody>
          {rates.map((rate, repeat) => (
            <tr key={repeat}>
              <th scope="row">
                <Link href={samplesPath(runId, { repeat: String(repeat) })}>{repeat}</Link>
              </th>
              <td>
                <IntervalMark rate={rate} interval={null} />
              </td>
              <td>{rate === null ? '–' : percent(rate)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
