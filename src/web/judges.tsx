// The health of each judge in words that say what is wrong, what is known of it from certification, and how the judges are
// put together.
import type { RunDetail } from '../answers.js';
import type { JudgeHealth, Summary } from '../summary.js';
import { healthHeadline, type Remark, remarksOf } from '../words.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { Trouble } from './glyph.js';

export function Judges({ run, summary }: { run: RunDetail; summary: Summary }) {
  const { judges } = summary;
  if (judges.length === 0) return null;
  return (
    <section aria-labelledby="judges">
      <h2 id="judges">Judges</h2>
      <ul className="judges">
        {modelsFirst(judges).map((health) => (
          <Health key={health.judge} runId={run.id} health={health} />
        ))}
      </ul>
      <Jury run={run} summary={summary} />
    </section>
  );
}

const isPerson = (judge: string): boolean => judge.startsWith('human:');

const modelsFirst = (judges: readonly JudgeHealth[]): JudgeHealth[] =>
  judges.toSorted((a, b) => Number(isPerson(a.judge)) - Number(isPerson(b.judge)));

function Health({ runId, health }: { runId: string; health: JudgeHealth }) {
  return (
    <li>
      <h3>
        <Link href={samplesPath(runId, { judge: health.judge })}>{health.judge}</Link>{' '}
        <span className="quiet">{healthHeadline(health)}</span>
      </h3>
      <ul className="remarks">
        {remarksOf(health).map((remark) => (
          <li key={remark.text}>
            {remark.kind === 'trouble' && <Trouble />} {/* Every remark leads to the judgments it is counted from. */}
            <Link href={behind(runId, health.judge, remark)}>{remark.text}</Link>
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Where the judgments behind a remark stand; a certification run may know the judge by another name. */
const behind = (runId: string, judge: string, { of, run }: Remark): string =>
  run === undefined ? samplesPath(runId, { judge, ...of }) : samplesPath(run, of);

/** How several judges make one win rate, and how many of them that is worth. */
function Jury({ run, summary: { judges, agreement, warnings } }: { run: RunDetail; summary: Summary }) {
  const asked = (run.config['judges'] ?? []) as { name: string; provider?: string; share?: number }[];
  const informing = asked.filter(({ share = 1 }) => share < 1).map(({ name }) => name);
  const apart = asked.filter(({ provider }) => provider === 'reference').map(({ name }) => name);
  const deciding = judges
    .map(({ judge }) => judge)
    .filter((judge) => !isPerson(judge) && !informing.includes(judge) && !apart.includes(judge));
  const { effective_judges: effective } = agreement;
  if (deciding.length < 2) return null;
  const rule = warnings.find(({ code }) => JURY.includes(code))?.message;
  return (
    <p className="prose jury">
      {rule ?? `The win rate is the mean of ${deciding.join(', ')}.`}
      {informing.length > 0 && ` ${informing.join(' and ')} judged a part of the prompts, for agreement only.`}
      {effective !== null && (
        <>
          {' '}
          Together they are worth <b>{effective.toFixed(1)}</b> independent {effective < 1.05 ? 'judge' : 'judges'}.
        </>
      )}
    </p>
  );
}

/** Warnings that say how the judges are put together. */
export const JURY = ['JURY_RULE', 'JURY_UNWEIGHTED'];
