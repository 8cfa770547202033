// One run: the sentence first, then the picture, the judges and what is known against them, what it cost and how to repeat it.
import { useMemo, useState } from 'react';
import type { RunDetail } from '../answers.js';
import type { Domain } from '../records.js';
import type { Summary } from '../summary.js';
import { Agreement } from './agreement.js';
import { Calibration } from './calibration.js';
import { Configuration } from './configuration.js';
import { Costs } from './costs.js';
import { Criteria } from './criteria.js';
import { DecisionSentence } from './decision.js';
import { Forest } from './forest.js';
import { Judges, JURY } from './judges.js';
import { useKeys } from './keys.js';
import { useLive } from './live.js';
import { ConfidenceSequence } from './moving.js';
import { Loading, Wrong } from './notice.js';
import { RunHead } from './run-head.js';
import { isActive, RunState } from './run-state.js';
import { SaidSoFar } from './said-so-far.js';
import { sequenceOf, unfinished, withoutCoverage } from './sequence.js';
import { useAnswer } from './server.js';
import { Spread } from './spread.js';
import { Sweep } from './sweep.js';
import { Warnings } from './warnings.js';

export default function RunScreen({ id }: { id: string }) {
  const path = `/api/runs/${encodeURIComponent(id)}`;
  const run = useAnswer<RunDetail>(path);
  const summary = useAnswer<Summary>(`${path}/win-rates`);
  const again = () => {
    run.again();
    summary.again();
  };
  const active = run.value !== null && isActive(run.value);
  // While it goes on, the numbers are worked out anew for every question, so they follow at a distance.
  const live = useLive(active ? `${path}/events` : null, { changed: summary.again, ended: again });

  if (run.value === null)
    return run.problem === null ? <Loading what="the run" /> : <Wrong screen problem={run.problem} again={again} />;
  return (
    <article className="run" aria-busy={summary.busy && summary.value === null}>
      <RunHead run={run.value} here="run" />
      <RunState run={run.value} live={live} changed={again} />
      {summary.value === null ? (
        summary.problem === null ? (
          <Loading what="the win rates" />
        ) : (
          <Wrong problem={summary.problem} again={summary.again} />
        )
      ) : (
        <Result run={run.value} summary={summary.value} active={active} />
      )}
    </article>
  );
}

function Result({ run, summary, active }: { run: RunDetail; summary: Summary; active: boolean }) {
  const [table, setTable] = useState(false);
  const toggle = () => setTable((shown) => !shown);
  useKeys({ t: toggle });
  const { id } = run;
  const sequence = useMemo(() => sequenceOf(summary.warnings), [summary]);
  const told = useMemo(() => {
    if (active) return withoutCoverage(unfinished(summary));
    return sequence === null ? summary : withoutCoverage(summary);
  }, [summary, sequence, active]);
  const { estimates, judges, criteria, variance } = told;
  return (
    <>
      {active || sequence !== null ? (
        <SaidSoFar looks={sequence ?? []} live={active} />
      ) : (
        <DecisionSentence runId={id} decision={told.decision} />
      )}
      {sequence !== null && <ConfidenceSequence runId={id} looks={sequence} live={active} margins={marginsOf(run)} />}
      <Warnings warnings={told.warnings.filter(({ code }) => !ELSEWHERE.includes(code))} />
      <Forest runId={id} estimates={estimates} table={table} toggle={toggle} />
      {active && (
        <p className="prose quiet">
          What follows counts the judgments there are: its intervals are for this many and no more, and none is final.
        </p>
      )}
      {run.sweep !== null && <Sweep runId={id} table={table} />}
      <Judges run={run} summary={told} />
      <Agreement runId={id} agreement={told.agreement} />
      <Criteria runId={id} criteria={criteria} table={table} />
      <Spread runId={id} variance={variance} />
      {judges.length > 0 && <Calibration run={run} />}
      <Costs run={run} />
      <Configuration run={run} />
    </>
  );
}

/** Warnings that stand with what they are about. */
const ELSEWHERE = ['NOT_FINAL', 'STOPPED_EARLY', ...JURY];

/** The margins of the rule by which judging stops; of a run that has none, nothing is drawn. */
function marginsOf({ decision_rule }: RunDetail): Partial<Record<Domain, number>> {
  const { stopping } = decision_rule as { stopping?: { margins?: Partial<Record<Domain, number>> } };
  return stopping?.margins ?? {};
}
