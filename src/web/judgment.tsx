// One judgment, followed down to the words: both texts, what the judge saw and said, how the winner came about.
import { useState } from 'react';
import type { Judgment } from '../records.js';
import { go, Link, useAddress } from './address.js';
import type { Evidence } from '../answers.js';
import { Copy } from './copy.js';
import { type Filters, judgmentPath, readFilters, samplesPath } from './filters.js';
import { Glyph } from './glyph.js';
import { useKeys } from './keys.js';
import { Loading, Wrong } from './notice.js';
import { Others } from './others.js';
import { Record } from './record.js';
import { Seen } from './seen.js';
import { useAnswer } from './server.js';
import { Texts, type View, VIEWS } from './texts.js';
import { ModelText } from './text.js';
import { Title } from './title.js';
import { Trace } from './trace.js';
import { useWalk } from './walk.js';
import { FAILURE_WORDS } from '../words.js';
import { outcomeOf } from './sample.js';

export function JudgmentScreen({ id }: { id: string }) {
  const { search } = useAddress();
  const filters = readFilters(search);
  const { value, problem, busy, again } = useAnswer<Evidence>(`/api/judgments/${encodeURIComponent(id)}`);
  if (problem !== null) return <Wrong screen problem={problem} again={again} />;
  if (value === null) return <Loading what="the judgment" />;
  return (
    <article className="judgment" aria-busy={busy}>
      <Walk id={id} runId={value.judgment.run_id} filters={filters} />
      <Found key={value.judgment.id} evidence={value} filters={filters} />
    </article>
  );
}

/** Back to the list, and to the neighbours in it. */
function Walk({ id, runId, filters }: { id: string; runId: string; filters: Filters }) {
  const { before, after } = useWalk(runId, filters, id);
  const to = (next: string | null) => {
    if (next !== null) go(judgmentPath(next, filters), { replace: true });
  };
  useKeys({ j: () => to(after), k: () => to(before) });
  return (
    <nav className="walk" aria-label="Samples">
      <Link href={samplesPath(runId, filters)}>‹ samples</Link>
      <Link href={`/runs/${encodeURIComponent(runId)}`}>run</Link>
      <span className="walk-steps">
        <button type="button" disabled={before === null} onClick={() => to(before)}>
          previous <kbd>k</kbd>
        </button>
        <button type="button" disabled={after === null} onClick={() => to(after)}>
          next <kbd>j</kbd>
        </button>
        <Copy text={location.origin + judgmentPath(id)}>copy link</Copy>
      </span>
    </nav>
  );
}

function Found({ evidence, filters }: { evidence: Evidence; filters: Filters }) {
  const { judgment } = evidence;
  const [view, setView] = useState<View>('read');
  return (
    <>
      <header>
        <Title name={`${judgment.prompt_id}, ${judgment.judge}`}>
          {judgment.prompt_id} <span className="against">judged by</span> {judgment.judge}
        </Title>
        <p className="quiet">
          {[...new Set([judgment.suite, judgment.domain, judgment.category]), repeated(judgment)]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <p className="sentence">
          <Glyph outcome={outcomeOf([judgment])} silent /> {verdictSentence(judgment)}
        </p>
        {judgment.rationale !== null && (
          <div className="why">
            <ModelText text={judgment.rationale} as="markdown" />
          </div>
        )}
      </header>
      <details className="prompt" open>
        <summary>Prompt</summary>
        <ModelText text={judgment.prompt ?? ''} as="markdown" />
      </details>
      <div className="choice" role="group" aria-label="Texts shown as">
        {VIEWS.map(({ name, words }) => (
          <button key={name} type="button" aria-pressed={name === view} onClick={() => setView(name)}>
            {words}
          </button>
        ))}
      </div>
      {view === 'seen' ? <Seen evidence={evidence} /> : <Texts judgment={judgment} view={view} />}
      <Trace evidence={evidence} />
      <Others evidence={evidence} filters={filters} />
      <Record judgment={judgment} />
    </>
  );
}

const repeated = ({ repeat }: Judgment): string | null => (repeat > 0 ? `repeat ${repeat}` : null);

/** Who won, in one sentence. */
function verdictSentence({ judge, state, failure, winner, order, verdict }: Judgment): string {
  if (state === 'failed') return `${judge} gave no verdict: ${FAILURE_WORDS[failure]}.`;
  if (winner === 'tie') return `${judge} sees a tie.`;
  const place = order === null || verdict === null ? '' : `, printed ${verdict === 'A' ? 'first (A)' : 'second (B)'}`;
  return `${judge} prefers the ${winner}${place}.`;
}
