// How far a run is and why it stopped, with what can be done about it.
import { useState } from 'react';
import type { LiveProgress, RunDetail } from '../answers.js';
import { Trouble } from './glyph.js';
import { Wrong } from './notice.js';
import { OpenBatchList } from './open-batches.js';
import { ProgressLine } from './progress.js';
import { asProblem, type Problem, send } from './server.js';

interface Props {
  run: RunDetail;
  live: LiveProgress | null;
  /** Reads the run again. */
  changed: () => void;
}

export const isActive = ({ status }: Pick<RunDetail, 'status'>): boolean => status === 'running' || status === 'queued';

export function RunState({ run, live, changed }: Props) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const { status, reason, origin } = run;
  const ask = async (action: 'cancel' | 'resume') => {
    try {
      await send(`/api/runs/${encodeURIComponent(run.id)}/${action}`, {});
      setProblem(null);
      changed();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  // What is open at a provider stays so when the run is stopped.
  const batches = isActive(run) && live !== null ? live.batches : run.batches;
  const stopped = status === 'stopped' || status === 'cancelled';
  // To stop because it is decided is what it was asked to do.
  const decided = run.decision_rule['decided'] !== undefined;
  return (
    <>
      {isActive(run) && (
        <div className="running">
          <ProgressLine progress={live ?? run.progress} status={status} live={live} />
          <button type="button" onClick={() => void ask('cancel')}>
            Cancel
          </button>
        </div>
      )}
      {stopped && (
        <div className="running">
          <p>
            {!decided && <Trouble />} This run was {status}
            {reason !== null && `: ${reason}`}.
          </p>
          {origin === 'own' && (
            <button type="button" onClick={() => void ask('resume')}>
              Resume
            </button>
          )}
        </div>
      )}
      {batches !== null && <OpenBatchList batches={batches} />}
      {problem !== null && <Wrong problem={problem} />}
    </>
  );
}
