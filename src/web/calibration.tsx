// The judges of a run against people: how often they agree, beside what people agree among themselves and what two judges
// that read nothing would reach; where they go wrong; and the win rate with their error carried in.
import type { Calibration as Found, JudgeCalibration, Rate } from '../summary.js';
import type { RunDetail } from '../answers.js';
import { fewOrRated } from '../words.js';
import { Link } from './address.js';
import { CalibratedJudge } from './calibrated-judge.js';
import { samplesPath } from './filters.js';
import { Trouble } from './glyph.js';
import { IntervalMark } from './interval-mark.js';
import { Loading, Wrong } from './notice.js';
import { counted } from './numbers.js';
import { useAnswer } from './server.js';
import { Warnings } from './warnings.js';

export function Calibration({ run }: { run: RunDetail }) {
  const judged = run.strata.some(({ judge }) => judge.startsWith('human:'));
  const path = `/api/runs/${encodeURIComponent(run.id)}/calibration`;
  const { value, problem, again } = useAnswer<Found>(judged ? path : null);
  return (
    <section aria-labelledby="people">
      <h2 id="people">Against people</h2>
      {!judged ? (
        <p className="prose">
          No person has judged this run, so nobody knows how far its judges can be believed.{' '}
          <Link href={`/runs/${encodeURIComponent(run.id)}/review`}>Review blind</Link>
        </p>
      ) : value !== null ? (
        <Votes runId={run.id} found={value} />
      ) : problem === null ? (
        <Loading what="the votes of people" />
      ) : (
        <Wrong problem={problem} again={again} />
      )}
    </section>
  );
}

function Votes({ runId, found }: { runId: string; found: Found }) {
  const { labels, basis, people, judges, disagreements, warnings } = found;
  return (
    <>
      <p className="prose">
        {counted(labels.votes, 'vote')} by{' '}
        {labels.people.map((person, i) => (
          <span key={person}>
            {i > 0 && ', '}
            <Link href={samplesPath(runId, { judge: `human:${person}` })}>{person}</Link>
          </span>
        ))}{' '}
        on {counted(labels.comparisons, 'comparison')},{' '}
        {basis === 'random'
          ? `${counted(labels.random_prompts, 'prompt')} of them drawn by chance`
          : 'none of them drawn by chance'}
        .
      </p>
      <Warnings warnings={warnings} />
      {judges.length > 0 && <Agreements runId={runId} judges={judges} people={people} />}
      {judges.map((judge) => (
        <CalibratedJudge
          key={judge.judge}
          runId={runId}
          judge={judge}
          open={judge.judge === (judges.some((one) => one.judge === 'jury') ? 'jury' : judges[0]!.judge)}
          disagreements={disagreements.filter((one) => one.judge === judge.judge)}
        />
      ))}
    </>
  );
}

/** Every judge on one axis with what it must beat and what it cannot pass. */
function Agreements({ runId, judges, people }: { runId: string; judges: JudgeCalibration[]; people: Found['people'] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Agreement with people">
      <table className="numbers marked">
        <caption className="small">
          Same choice as the person: win, loss or tie; an order-dependent verdict is a tie.
        </caption>
        <thead>
          <tr>
            <th scope="col">judge</th>
            <th scope="col">agrees with people</th>
            <th scope="col" className="middle">
              0 to 100
            </th>
            <th scope="col">κ</th>
            <th scope="col">always the longer</th>
            <th scope="col">always the first</th>
            <th scope="col">votes</th>
          </tr>
        </thead>
        <tbody>
          {judges.map((one) => (
            <tr key={one.judge}>
              <th scope="row">
                {beatsBoth(one) ? null : <Trouble />} {one.judge}
              </th>
              <td>{fewOrRated(one.agreement)}</td>
              <td>
                <Agreeing rate={one.agreement} />
              </td>
              <td>{one.cohen_kappa === null ? '–' : one.cohen_kappa.toFixed(2)}</td>
              <td>{fewOrRated(one.baselines.longer.agreement)}</td>
              <td>{fewOrRated(one.baselines.first.agreement)}</td>
              <td>
                <Link href={samplesPath(runId, one.judge === 'jury' ? {} : { judge: one.judge })}>{one.n}</Link>
              </td>
            </tr>
          ))}
          <tr>
            <th scope="row" className="quiet">
              people among themselves
            </th>
            <td>{fewOrRated(people.agreement)}</td>
            <td>
              <Agreeing rate={people.agreement} />
            </td>
            <td colSpan={4} className="words quiet">
              {people.agreement.value === null
                ? people.agreement.reason
                : people.pairs
                    .map(({ people: [a, b], agreement }) => `${a} and ${b} ${fewOrRated(agreement)}`)
                    .join(', ')}
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

const beatsBoth = ({ baselines, n }: JudgeCalibration): boolean =>
  n > 0 && baselines.longer.beaten && baselines.first.beaten;

function Agreeing({ rate }: { rate: Rate }) {
  const interval = rate.low === undefined || rate.high === undefined ? null : { low: rate.low, high: rate.high };
  return <IntervalMark rate={rate.value} interval={interval} plain />;
}
