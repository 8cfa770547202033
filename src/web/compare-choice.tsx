// Which runs to set side by side: the newest ones, to be picked two or more at a time.
import { type SyntheticEvent, useState } from 'react';
import type { RunItem } from '../answers.js';
import { go } from './address.js';
import { comparePath, runName } from './compared.js';
import { Empty, Loading, Wrong } from './notice.js';
import { useAnswer } from './server.js';
import { Title } from './title.js';

/** Runs that can be picked from. */
const SHOWN = 100;

export function CompareChoice({ first }: { first: string | null }) {
  const { value, problem, again } = useAnswer<{ items: RunItem[] }>(`/api/runs?limit=${SHOWN}`);
  const [picked, setPicked] = useState<readonly string[]>(first === null ? [] : [first]);
  const pick = (id: string) =>
    setPicked((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    go(comparePath(picked));
  };
  return (
    <article>
      <Title name="Compare runs" />
      <p className="quiet">Pick two or more; the first is what the others are measured against.</p>
      {problem !== null ? (
        <Wrong problem={problem} again={again} />
      ) : value === null ? (
        <Loading what="the runs" />
      ) : value.items.length < 2 ? (
        <Empty title="There are no two runs to compare." />
      ) : (
        <form className="choose" onSubmit={submit}>
          {value.items.map((run) => (
            <label key={run.id} className="check">
              <input type="checkbox" checked={picked.includes(run.id)} onChange={() => pick(run.id)} /> {runName(run)}
            </label>
          ))}
          <button type="submit" disabled={picked.length < 2}>
            Compare {picked.length < 2 ? '' : picked.length}
          </button>
        </form>
      )}
    </article>
  );
}
