// Win rates of the candidate with their intervals, one row a group. The same numbers as a table are one key away (t), and
// every one leads to the judgments behind it.
import { useMemo, useState } from 'react';
import type { Estimate } from '../summary.js';
import { Link } from './address.js';
import { EqualLength } from './equal-length.js';
import { EstimateTable } from './estimate-table.js';
import { estimatesBy, estimateWords, filtersOf, type Kind, KINDS, labelOf, overallOf } from './estimates.js';
import { samplesPath } from './filters.js';
import { drawForest, forestHeight } from './forest-picture.js';
import { Glyph } from './glyph.js';
import { count, counted, headline, range } from './numbers.js';
import { OutcomeCount } from './outcome-count.js';
import { Picture, useNarrow } from './picture.js';
import { OUTCOMES, outcomeCounts } from '../words.js';

interface Props {
  runId: string;
  estimates: Estimate[];
  table: boolean;
  toggle: () => void;
}

export function Forest({ runId, estimates, table, toggle }: Props) {
  const kinds = KINDS.filter((kind) => estimatesBy(estimates, kind).length > 0);
  const [chosen, setKind] = useState<Kind>('domain');
  const kind = kinds.includes(chosen) ? chosen : (kinds[0] ?? 'domain');
  const rows = useMemo(() => {
    const overall = overallOf(estimates);
    return [...estimatesBy(estimates, kind), ...(overall === undefined ? [] : [overall])];
  }, [estimates, kind]);
  return (
    <section aria-labelledby="win-rates">
      <header className="bar">
        <h2 id="win-rates">Win rate of the candidate</h2>
        <div className="choice" role="group" aria-label="Grouped by">
          {kinds.map((name) => (
            <button key={name} type="button" aria-pressed={name === kind} onClick={() => setKind(name)}>
              {name}
            </button>
          ))}
        </div>
        <button type="button" className="plain" onClick={toggle}>
          {table ? 'as a picture' : 'as a table'} <kbd>t</kbd>
        </button>
      </header>
      {rows.length === 0 ? (
        <p className="notice">No judgment has a winner yet.</p>
      ) : table ? (
        <EstimateTable runId={runId} kind={kind} rows={rows} />
      ) : (
        <Plotted runId={runId} kind={kind} rows={rows} />
      )}
      <EqualLength runId={runId} kind={kind} rows={rows} />
    </section>
  );
}

function Plotted({ runId, kind, rows }: { runId: string; kind: Kind; rows: Estimate[] }) {
  const narrow = useNarrow();
  const draw = useMemo(() => (width: number) => drawForest(rows, width, narrow), [rows, narrow]);
  const said = rows.map((e) => `${labelOf(e, kind)}: ${estimateWords(e)}.`).join(' ');
  return (
    <div className="forest">
      <div className="forest-head" aria-hidden="true">
        <span className="forest-numbers">
          <span className="forest-rate">win rate</span>
          <span className="forest-n">prompts</span>
          <span className="forest-outcomes">
            {OUTCOMES.map((outcome) => (
              <span key={outcome}>
                <Glyph outcome={outcome} silent />
              </span>
            ))}
          </span>
        </span>
      </div>
      <ol>
        {rows.map((e) => (
          <li key={labelOf(e, kind)} className={Object.keys(e.group).length === 0 ? 'overall' : undefined}>
            <Link className="forest-label" href={samplesPath(runId, filtersOf(e))}>
              {labelOf(e, kind)}
            </Link>
            <span className="forest-numbers">
              <span className="forest-rate">
                {e.win_rate === null ? (
                  <span className="quiet">{e.reason ?? 'no win rate'}</span>
                ) : (
                  <Link href={samplesPath(runId, filtersOf(e))} tabIndex={-1}>
                    <b>{headline(e)}</b> {e.interval !== null && range(e.interval.low, e.interval.high, e.n_prompts)}
                  </Link>
                )}
              </span>
              <span className="forest-n">
                {narrow ? counted(e.n_prompts, 'prompt') : count(e.n_prompts)}
                {e.size === 'too-few' && ', too few'}
              </span>
              <span className="forest-outcomes">
                {outcomeCounts(e).map(([outcome, n]) => (
                  <span key={outcome}>
                    <Glyph outcome={outcome} silent />{' '}
                    <OutcomeCount runId={runId} estimate={e} outcome={outcome} n={n} />
                  </span>
                ))}
              </span>
            </span>
          </li>
        ))}
      </ol>
      <Picture
        draw={draw}
        height={forestHeight(rows.length, narrow)}
        words={`Win rate of the candidate by ${kind}, 0 to 100, even at 50. ${said}`}
      />
    </div>
  );
}
