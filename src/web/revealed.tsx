// What is which, after the vote, and what the judges said.
import { useEffect, useRef } from 'react';
import { Link } from './address.js';
import type { Reveal } from '../answers.js';
import { judgmentPath } from './filters.js';
import { Glyph } from './glyph.js';
import { excerpt } from './numbers.js';
import { outcomeOf } from './sample.js';
import { visible } from './visible.js';
import { FAILURE_WORDS, OUTCOME_WORDS } from '../words.js';

interface Props {
  reveal: Reveal;
  /** What the vote was before it was changed. */
  first: Reveal['winner'];
  change: () => void;
  goOn: () => void;
}

export function Revealed({ reveal, first, change, goOn }: Props) {
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.scrollIntoView({ block: 'nearest' });
    section.current?.querySelector<HTMLElement>('.next')?.focus({ preventScroll: true });
  }, []);
  const { winner, judges } = reveal;
  const yours = winner === 'tie' ? 'called it even' : `preferred the ${winner}, ${reveal[winner]}`;
  return (
    <section ref={section} className="revealed" aria-label="What is which" aria-live="polite">
      <p>
        You {yours}
        {first !== winner && <span className="quiet"> (blind: {first})</span>}.{' '}
        <Link href={judgmentPath(reveal.judgment_id)}>This comparison</Link>
      </p>
      {judges.length > 0 && (
        <ul>
          {judges.map((judgment) => {
            const outcome = outcomeOf([judgment]);
            return (
              <li key={judgment.id}>
                <Glyph outcome={outcome} silent /> {judgment.judge}{' '}
                <span className="quiet">
                  {[
                    judgment.order,
                    judgment.failure === null ? OUTCOME_WORDS[outcome] : FAILURE_WORDS[judgment.failure],
                  ]
                    .filter(Boolean)
                    .join(', ')}
                </span>{' '}
                {judgment.rationale !== null && visible(excerpt(judgment.rationale, 200))}
              </li>
            );
          })}
        </ul>
      )}
      <div className="choice">
        <button type="button" className="next" onClick={goOn}>
          Next pair <kbd>Enter</kbd>
        </button>
        <button type="button" onClick={change}>
          change this vote <kbd>c</kbd>
        </button>
      </div>
    </section>
  );
}
