// Blind review: two texts, three keys, then what is which. Until the vote nothing on the screen names anything.
import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import type { Role, Verdict } from '../records.js';
import { Link } from './address.js';
import type { BlindPair, Reveal } from '../answers.js';
import { Glyph } from './glyph.js';
import { useKeys } from './keys.js';
import { Loading, Wrong } from './notice.js';
import { Revealed } from './revealed.js';
import { asProblem, type Problem, send, useAnswer } from './server.js';
import { ModelText } from './text.js';
import { Title } from './title.js';

const KEY = 'doubleblind.reviewer';
const VOTES: readonly { verdict: Verdict; key: string; words: string }[] = [
  { verdict: 'A', key: '1', words: 'A is better' },
  { verdict: 'tie', key: '0', words: 'Even' },
  { verdict: 'B', key: '2', words: 'B is better' },
];

export function ReviewScreen({ id }: { id: string }) {
  const [reviewer, setReviewer] = useState(() => localStorage.getItem(KEY) ?? '');
  const name = (to: string) => {
    localStorage.setItem(KEY, to);
    setReviewer(to);
  };
  return reviewer === '' ? (
    <WhoAreYou name={name} />
  ) : (
    <Review key={reviewer} runId={id} reviewer={reviewer} leave={() => name('')} />
  );
}

function WhoAreYou({ name }: { name: (to: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const begin = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget).get('reviewer');
    if (typeof given === 'string' && given.trim() !== '') name(given.trim());
  };
  return (
    <form className="login" onSubmit={begin}>
      <Title name="Blind review" />
      <p>
        You will see a prompt and two answers, and say which is better. Which model wrote which is told after each vote.
        Your votes count as those of a judge, under the name you give.
      </p>
      <label>
        Your name
        <input
          ref={field}
          name="reviewer"
          required
          pattern="\s*[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@\-]{0,63}"
          title="Letters, digits, blanks and . _ @ -, at most 64"
          autoComplete="nickname"
        />
      </label>
      <button type="submit">Begin</button>
    </form>
  );
}

/** A pair with the vote on it, as this sitting has seen it. */
interface Voted {
  pair: BlindPair;
  reveal: Reveal;
  /** The vote that was given blind. */
  first: Reveal['winner'];
}

interface ReviewProps {
  runId: string;
  reviewer: string;
  leave: () => void;
}

function Review({ runId, reviewer, leave }: ReviewProps) {
  const path = `/api/runs/${encodeURIComponent(runId)}/review`;
  const next = useAnswer<BlindPair | null>(`${path}/next?reviewer=${encodeURIComponent(reviewer)}`);
  const [past, setPast] = useState<readonly Voted[]>([]);
  /** Which of the past pairs is on the screen; null for the one to vote on. */
  const [at, setAt] = useState<number | null>(null);
  const [changing, setChanging] = useState(false);
  const [voting, setVoting] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const voted = at === null ? null : past[at]!;
  // While the reveal is read the next pair is already on its way.
  const waiting = voted === null && next.busy;
  const pair = voted?.pair ?? next.value;
  const isOpen = !waiting && !voting && (voted === null || changing);

  const vote = async (verdict: Verdict) => {
    if (pair === null || !isOpen) return;
    setVoting(true);
    try {
      const reveal = await send<Reveal>(path, { token: pair.token, verdict, change: voted !== null });
      if (voted === null) {
        setPast([...past, { pair, reveal, first: reveal.winner }]);
        setAt(past.length);
        next.again();
      } else setPast(past.with(at!, { ...voted, reveal }));
      setChanging(false);
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
    setVoting(false);
  };
  const show = (index: number) => {
    setAt(index < past.length ? index : null);
    setChanging(false);
    setProblem(null);
    scrollTo(0, 0);
  };
  const goOn = () => at !== null && show(at + 1);
  const goBack = () => {
    const before = (at ?? past.length) - 1;
    if (before >= 0) show(before);
  };
  useKeys({
    1: () => void vote('A'),
    2: () => void vote('B'),
    0: () => void vote('tie'),
    Enter: goOn,
    k: goBack,
    c: () => setChanging(voted !== null),
  });
  useEffect(() => {
    document.title = 'Blind review · doubleblind';
  }, []);

  const otherName = (
    <button type="button" className="plain" onClick={leave}>
      another name
    </button>
  );
  if (next.problem !== null && voted === null)
    return (
      <>
        <Wrong screen problem={next.problem} again={next.again} />
        {otherName}
      </>
    );
  if (pair === null && waiting) return <Loading what="the next pair" />;
  if (pair === null)
    return (
      <>
        <Title name="Nothing is left to vote on." />
        <p>
          You have voted on everything that was yours, {reviewer}.{' '}
          <Link href={`/runs/${encodeURIComponent(runId)}`}>The result</Link>
        </p>
        {past.length > 0 && (
          <button type="button" onClick={goBack}>
            Back to the last pair <kbd>k</kbd>
          </button>
        )}
        {otherName}
      </>
    );
  const { done, total } = past.at(-1)?.reveal.progress ?? pair.progress;
  const reveal = voted?.reveal ?? null;
  return (
    <article className="review" aria-busy={waiting}>
      <header className="bar">
        <h1>Blind review</h1>
        <p className="quiet" role="status">
          {done} of {total} by {reviewer}
        </p>
        <progress max={Math.max(total, 1)} value={done} aria-label="Pairs voted on" />
        <button type="button" disabled={(at ?? past.length) === 0} onClick={goBack}>
          back <kbd>k</kbd>
        </button>
        {otherName}
      </header>
      <section className="prompt" aria-label="Prompt">
        <ModelText key={pair.token} text={pair.prompt} as="markdown" />
      </section>
      <div className="texts">
        <section aria-label="Answer A">
          <h2>A {reveal !== null && <Name reveal={reveal} role={reveal.a} />}</h2>
          <ModelText key={`${pair.token} A`} text={pair.response_a} as="markdown" />
        </section>
        <section aria-label="Answer B">
          <h2>B {reveal !== null && <Name reveal={reveal} role={reveal.b} />}</h2>
          <ModelText key={`${pair.token} B`} text={pair.response_b} as="markdown" />
        </section>
      </div>
      {problem !== null && <Wrong problem={problem} again={voted === null ? next.again : undefined} />}
      {voted === null || changing ? (
        <div className="votes" role="group" aria-label="Which is better?">
          {changing && (
            <p className="quiet">You know what is which now, so both votes are kept: the first one was blind.</p>
          )}
          {VOTES.map(({ verdict, key, words }) => (
            <button
              key={verdict}
              type="button"
              disabled={!isOpen}
              aria-pressed={changing ? verdict === voted!.reveal.verdict : undefined}
              onClick={() => void vote(verdict)}
            >
              {words} <kbd>{key}</kbd>
            </button>
          ))}
        </div>
      ) : (
        <Revealed key={at} reveal={voted.reveal} first={voted.first} change={() => setChanging(true)} goOn={goOn} />
      )}
    </article>
  );
}

function Name({ reveal, role }: { reveal: Reveal; role: Role }) {
  return (
    <span className="quiet">
      <Glyph outcome={role === 'candidate' ? 'win' : 'loss'} silent /> {role}, {reveal[role]}
    </span>
  );
}
