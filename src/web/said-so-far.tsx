// What was found, in words that hold at any time: of a run that goes on, and of one that stopped because it was decided.
import type { Look } from '../summary.js';
import { saidOf } from './sequence.js';

export function SaidSoFar({ looks, live }: { looks: readonly Look[]; live: boolean }) {
  return (
    <section className="decision" aria-label="Decision">
      <p className="sentence">
        {live && <span className="quiet">So far: </span>}
        {saidOf(looks)}
      </p>
      {live && <p className="quiet">The run is under way; its decision comes with its end.</p>}
    </section>
  );
}
