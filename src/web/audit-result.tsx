// What an audit found: the counts as recorded and as derived, every check, and the findings with the rows they speak of.
import { type ReactNode, useMemo, useState } from 'react';
import type { AuditReport } from '../answers.js';
import type { Finding } from '../records.js';
import { Glyph, Trouble } from './glyph.js';
import { sentence } from '../audit-sentence.js';
import { count, counted, percent } from './numbers.js';
import { visible } from './visible.js';
import { Warnings } from './warnings.js';
import { codeWords } from '../words.js';

/** Findings of one code that are shown before the reader asks for more. */
const FIRST = 20;

interface Props {
  /** What was audited: a file's name, or a run's. */
  name: string;
  report: AuditReport;
  /** Where a finding leads: to the line of a file, or to the judgment. */
  place: (finding: Finding) => ReactNode;
}

export function AuditResult({ name, report, place }: Props) {
  const { recorded, derived, findings } = report;
  const byCode = useMemo(() => {
    const groups = new Map<string, Finding[]>();
    for (const finding of findings) groups.set(finding.code, [...(groups.get(finding.code) ?? []), finding]);
    const rank = { error: 0, warning: 1, note: 2 };
    return [...groups].sort(([, a], [, b]) => rank[a[0]!.severity] - rank[b[0]!.severity]);
  }, [findings]);
  const rate = ({ win_rate }: AuditReport['recorded']) =>
    win_rate === null ? 'none' : percent(win_rate, report.judged);
  return (
    <article aria-label={`Audit of ${visible(name)}`}>
      <p className="sentence">{sentence(report)}</p>
      <p className="quiet">
        {visible(name)}: {counted(report.rows, 'row')}, {count(report.judged)} judged.
      </p>
      <Warnings warnings={report.warnings} />
      <div className="scroll" tabIndex={0} role="region" aria-label="Counts as recorded and as derived">
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">counts</th>
              {(['win', 'loss', 'tie', 'failed'] as const).map((outcome) => (
                <th key={outcome} scope="col">
                  <Glyph outcome={outcome} />
                </th>
              ))}
              <th scope="col">win rate</th>
            </tr>
          </thead>
          <tbody>
            {(
              [
                ['as recorded', recorded],
                ['as derived', derived],
              ] as const
            ).map(([name, counts]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{count(counts.wins)}</td>
                <td>{count(counts.losses)}</td>
                <td>{count(counts.ties)}</td>
                <td>{count(counts.failed)}</td>
                <td>{rate(counts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {report.order_recovered !== null && (
        <details>
          <summary>Order recovered from the file</summary>
          <pre tabIndex={0}>{visible(JSON.stringify(report.order_recovered, null, 2))}</pre>
        </details>
      )}
      <h2>Findings</h2>
      {byCode.length === 0 && <p>None.</p>}
      {byCode.map(([code, group]) => (
        <FindingGroup key={code} code={code} findings={group} name={name} place={place} />
      ))}
      <h2>Checks</h2>
      <div className="scroll" tabIndex={0} role="region" aria-label="Checks">
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">check</th>
              <th scope="col">checked</th>
              <th scope="col">failed</th>
              <th scope="col">could not be checked</th>
            </tr>
          </thead>
          <tbody>
            {report.checks.map((check) => (
              <tr key={check.code}>
                <th scope="row">{codeWords(check.code)}</th>
                {/* Some look at no row, but at the run and its files. */}
                <td>{check.checked === 0 && check.failed > 0 ? 'the whole' : count(check.checked)}</td>
                <td>{count(check.failed)}</td>
                <td>{count(check.unverifiable)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </article>
  );
}

interface GroupProps extends Pick<Props, 'name' | 'place'> {
  code: string;
  findings: Finding[];
}

function FindingGroup({ code, findings, name, place }: GroupProps) {
  const [all, setAll] = useState(false);
  const shown = all ? findings : findings.slice(0, FIRST);
  return (
    <details className="findings" open={findings[0]!.severity === 'error'}>
      <summary>
        {findings[0]!.severity !== 'note' && <Trouble />} {codeWords(code)}{' '}
        <span className="quiet">
          {findings[0]!.severity}, {count(findings.length)}
        </span>
      </summary>
      <ul>
        {shown.map((finding, i) => (
          <li key={i}>
            {finding.file !== null && finding.file !== name && (
              <>
                <code>{visible(finding.file)}</code>:{' '}
              </>
            )}
            {visible(finding.message)}
            {finding.recorded !== null && (
              <span className="quiet">
                {' '}
                recorded {visible(String(finding.recorded))}, derived {visible(String(finding.derived ?? '–'))}
              </span>
            )}
            {place(finding)}
          </li>
        ))}
      </ul>
      {shown.length < findings.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {count(findings.length)}
        </button>
      )}
    </details>
  );
}
