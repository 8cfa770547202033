// The confidence sequence of a run: while it goes on, the interval that may be looked at whenever one likes, moving; after a
// stop, what held at the stop, and what the estimate beside it must not be taken for.
import { useEffect, useMemo, useState } from 'react';
import type { Domain } from '../records.js';
import type { Look } from '../summary.js';
import { Link } from './address.js';
import { samplesPath } from './filters.js';
import { IntervalMark } from './interval-mark.js';
import { MOVING_HEIGHT, drawMoving } from './moving-picture.js';
import { count, counted, range, rateOf } from './numbers.js';
import { Picture } from './picture.js';
import { goneOn, type Trail } from './sequence.js';

interface Props {
  runId: string;
  looks: readonly Look[];
  live: boolean;
  /** By domain: half-width of the range around one half in which a difference does not matter. */
  margins: Partial<Record<Domain, number>>;
}

export function ConfidenceSequence({ runId, looks, live, margins }: Props) {
  const trail = useTrail(looks);
  if (looks.length === 0) return null;
  return (
    <section aria-labelledby="sequence">
      <h2 id="sequence">{live ? 'What may be said at any time' : 'Stopped because it was decided'}</h2>
      <p className="prose">
        {live
          ? 'The confidence sequence holds however often one looks; it narrows as prompts are judged. Other intervals are left out until the run has reached its planned end.'
          : 'The estimate leans away from one half: a run that stops when it is decided stops at a lucky moment. What holds after the stop is the confidence sequence; the intervals below are for a fixed number of prompts.'}
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label="Confidence sequence by domain">
        <table className="numbers marked">
          <thead>
            <tr>
              <th scope="col">domain</th>
              <th scope="col" className="middle">
                50
              </th>
              <th scope="col">win rate</th>
              <th scope="col">confidence sequence</th>
              <th scope="col">prompts judged</th>
              <th scope="col" className="words">
                verdict
              </th>
            </tr>
          </thead>
          <tbody>
            {looks.map((look) => (
              <tr key={look.domain}>
                <th scope="row">
                  <Link href={samplesPath(runId, { domain: look.domain })}>{look.domain}</Link>
                </th>
                <td>
                  <IntervalMark rate={look.win_rate} interval={look} />
                </td>
                <td>{rateOf(look.win_rate, look.n)}</td>
                <td>{range(look.low, look.high, look.n)}</td>
                <td>
                  <Link href={samplesPath(runId, { domain: look.domain })}>{count(look.n)}</Link>
                </td>
                <td className="words">{look.verdict}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {live && (
        <details>
          <summary>How it moved since this page was opened</summary>
          {looks.map(({ domain }) => (
            <Moving key={domain} looks={trail.get(domain) ?? []} margin={margins[domain]} />
          ))}
        </details>
      )}
    </section>
  );
}

/** The looks at a run since the page was opened. */
function useTrail(looks: readonly Look[]): Trail {
  const [trail, setTrail] = useState<Trail>(new Map());
  useEffect(() => setTrail((before) => goneOn(before, looks)), [looks]);
  return trail;
}

function Moving({ looks, margin }: { looks: readonly Look[]; margin: number | undefined }) {
  const draw = useMemo(() => (width: number) => drawMoving(looks, margin, width), [looks, margin]);
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return null;
  const words = `Confidence sequence ${first.domain}: after ${counted(first.n, 'prompt')} ${range(first.low, first.high)}, after ${counted(last.n, 'prompt')} ${range(last.low, last.high)}.`;
  return (
    <figure>
      <figcaption>
        {first.domain} <span className="quiet">win rate over prompts judged; dotted: the margin</span>
      </figcaption>
      <Picture draw={draw} height={MOVING_HEIGHT} words={words} />
    </figure>
  );
}
