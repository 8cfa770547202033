// How the winner came about, step by step from the order to the words quoted, each derived again from what is stored.
import type { Evidence } from '../answers.js';
import { Link } from './address.js';
import { Trouble } from './glyph.js';
import { visible } from './visible.js';

const HOLDS = new Map([
  [true, '✓ derived again'],
  [false, 'not borne out'],
  [null, ''],
]);

export function Trace({ evidence: { judgment, trace, differences, findings } }: { evidence: Evidence }) {
  return (
    <section aria-labelledby="trace">
      <h2 id="trace">How this winner came about</h2>
      <ol className="trace">
        {trace.map(({ step, says, holds }) => (
          <li key={step}>
            <b>{step}</b>
            <span>
              {visible(says)}{' '}
              <span className={holds === false ? 'wrong' : 'quiet'}>
                {holds === false && <Trouble />} {HOLDS.get(holds)}
              </span>
            </span>
          </li>
        ))}
      </ol>
      {differences.map(({ field, recorded, derived }) => (
        <p key={field}>
          <Trouble /> {field}: recorded {said(recorded)}, derived {said(derived)}
        </p>
      ))}
      {judgment.presentation_notes.map((note) => (
        <p key={note} className="quiet">
          {visible(note)}
        </p>
      ))}
      <Scores judgment={judgment} />
      <h3>Findings</h3>
      {findings.length === 0 ? (
        <p className="quiet">
          No audit has recorded one.{' '}
          <Link href={`/runs/${encodeURIComponent(judgment.run_id)}/audit`}>Audit this run</Link>
        </p>
      ) : (
        <ul className="remarks">
          {findings.map(({ code, severity, message }) => (
            <li key={code + message}>
              {severity !== 'note' && <Trouble />} {visible(message)} <span className="quiet">{code}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const said = (value: unknown): string => visible(typeof value === 'string' ? value : JSON.stringify(value));

/** The judge's scores by criterion, where the template asks for them. */
function Scores({ judgment: { baseline_scores, candidate_scores } }: Pick<Evidence, 'judgment'>) {
  if (baseline_scores === null && candidate_scores === null) return null;
  const criteria = new Set([...Object.keys(baseline_scores ?? {}), ...Object.keys(candidate_scores ?? {})]);
  return (
    <table className="numbers">
      <thead>
        <tr>
          <th scope="col">criterion</th>
          <th scope="col">baseline</th>
          <th scope="col">candidate</th>
        </tr>
      </thead>
      <tbody>
        {[...criteria].map((criterion) => (
          <tr key={criterion}>
            <th scope="row">{visible(criterion)}</th>
            <td>{baseline_scores?.[criterion] ?? '–'}</td>
            <td>{candidate_scores?.[criterion] ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
