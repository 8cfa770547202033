// One judge against people: what it is worth in a sentence, its choices against theirs, where it agrees less, the samples
// where it does not, and its win rate corrected or the reason why not.
import { useState } from 'react';
import type { Outcome } from '../records.js';
import type { Disagreement, JudgeCalibration, Label } from '../summary.js';
import { fewOrRated, OUTCOME_WORDS, OUTCOMES } from '../words.js';
import { Link } from './address.js';
import { CorrectedRates } from './corrected-rates.js';
import { judgmentPath, samplesPath } from './filters.js';
import { Glyph, Trouble } from './glyph.js';
import { count } from './numbers.js';

const LABELS: readonly Label[] = ['win', 'loss', 'tie'];
/** Disagreements that are listed at once. */
const SHOWN = 12;

interface Props {
  runId: string;
  judge: JudgeCalibration;
  disagreements: Disagreement[];
  open: boolean;
}

interface Cell {
  label: Label;
  outcome: Outcome;
}

export function CalibratedJudge({ runId, judge, disagreements, open }: Props) {
  const [chosen, choose] = useState<Cell | null>(null);
  const beaten = judge.baselines.longer.beaten && judge.baselines.first.beaten;
  return (
    <details className="calibrated" open={open}>
      <summary>
        <h3>{judge.judge}</h3> {judge.n > 0 && !beaten && <Trouble />} {judge.sentence}
        {judge.failed > 0 && ` ${count(judge.failed)} of its verdicts failed and are left out.`}
      </summary>
      {judge.n > 0 && (
        <div className="pair">
          <Confusion
            runId={runId}
            judge={judge}
            chosen={chosen}
            choose={disagreements.length === 0 ? null : (cell) => choose(same(cell, chosen) ? null : cell)}
          />
          {judge.by.length > 0 && <ByGroup runId={runId} judge={judge} />}
        </div>
      )}
      <Disagreements runId={runId} all={disagreements} chosen={chosen} />
      <CorrectedRates runId={runId} judge={judge} />
    </details>
  );
}

const same = (a: Cell | null, b: Cell | null): boolean => a?.label === b?.label && a?.outcome === b?.outcome;
const agrees = ({ label, outcome }: Cell): boolean => label === (outcome === 'order-dependent' ? 'tie' : outcome);

interface ConfusionProps {
  runId: string;
  judge: JudgeCalibration;
  chosen: Cell | null;
  /** Null where no single sample can be shown, as of a jury. */
  choose: ((cell: Cell) => void) | null;
}

/** What people chose by row, what the judge said by column; a count of disagreements shows them below. */
function Confusion({ runId, judge: { judge, confusion }, chosen, choose }: ConfusionProps) {
  const most = Math.max(1, ...LABELS.flatMap((label) => OUTCOMES.map((outcome) => confusion[label][outcome])));
  const counted = (cell: Cell) => {
    const n = confusion[cell.label][cell.outcome];
    if (n === 0) return <span className="quiet">0</span>;
    if (cell.outcome === 'failed' || agrees(cell) || choose === null)
      return judge === 'jury' ? (
        count(n)
      ) : (
        <Link href={samplesPath(runId, { judge, outcome: cell.outcome })}>{count(n)}</Link>
      );
    return (
      <button
        type="button"
        className="cell"
        aria-pressed={same(cell, chosen)}
        aria-label={`${count(n)} where people say ${OUTCOME_WORDS[cell.label]} and the judge ${OUTCOME_WORDS[cell.outcome]}`}
        onClick={() => choose(cell)}
      >
        {count(n)}
      </button>
    );
  };
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`What people chose and what ${judge} said`}>
      <table className="matrix confusion">
        <caption className="small">people’s choice by row, the judge’s by column</caption>
        <thead>
          <tr>
            <td />
            {OUTCOMES.map((outcome) => (
              <th key={outcome} scope="col">
                <Glyph outcome={outcome} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {LABELS.map((label) => (
            <tr key={label}>
              <th scope="row">
                <Glyph outcome={label} silent /> {OUTCOME_WORDS[label]}
              </th>
              {OUTCOMES.map((outcome) => {
                const shade = Math.round((confusion[label][outcome] / most) * 14);
                return (
                  <td
                    key={outcome}
                    className={agrees({ label, outcome }) ? 'agrees' : undefined}
                    style={{ backgroundColor: `color-mix(in srgb, var(--ink) ${shade}%, transparent)` }}
                  >
                    {counted({ label, outcome })}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ByGroup({ runId, judge: { judge, by } }: { runId: string; judge: JudgeCalibration }) {
  const own = judge === 'jury' ? {} : { judge };
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={`Where ${judge} agrees with people`}>
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">category, or length of the candidate</th>
            <th scope="col">agrees with people</th>
            <th scope="col">votes</th>
          </tr>
        </thead>
        <tbody>
          {by.map(({ group, agreement }) => {
            const [name, href] =
              'category' in group
                ? [group.category, samplesPath(runId, { ...own, category: group.category })]
                : [group.length, samplesPath(runId, own)];
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{agreement.value === null ? (agreement.reason ?? '–') : fewOrRated(agreement)}</td>
                <td>
                  <Link href={href}>{count(agreement.n ?? 0)}</Link>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Disagreements({ runId, all, chosen }: { runId: string; all: Disagreement[]; chosen: Cell | null }) {
  const [whole, setWhole] = useState(false);
  const found = chosen === null ? all : all.filter((one) => same(one, chosen));
  if (all.length === 0) return null;
  const shown = whole ? found : found.slice(0, SHOWN);
  return (
    <>
      <h4>
        {count(found.length)} where it says otherwise than people{' '}
        {chosen !== null && (
          <span className="quiet">
            they {OUTCOME_WORDS[chosen.label]}, it {OUTCOME_WORDS[chosen.outcome]}
          </span>
        )}
      </h4>
      <ul className="disagreements">
        {shown.map((one) => (
          <li key={`${one.judgment_id} ${one.person}`}>
            <Glyph outcome={one.outcome} />{' '}
            <Link href={judgmentPath(one.judgment_id, { judge: one.judge })}>
              {one.suite} {one.prompt_id}
            </Link>{' '}
            <span className="quiet">
              {one.category !== null && `${one.category} · `}
              {one.person} <Glyph outcome={one.label} />
            </span>
          </li>
        ))}
      </ul>
      {found.length > shown.length && (
        <button type="button" className="plain" onClick={() => setWhole(true)}>
          show all {count(found.length)}
        </button>
      )}
      <p className="small">
        <Link href={samplesPath(runId, { judge: all[0]!.judge })}>All samples of this judge</Link>
      </p>
    </>
  );
}
