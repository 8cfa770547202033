// What else is known of the same comparison: the other order, the other judges, people, the same question asked again.
import { Link } from './address.js';
import type { Evidence, Sibling } from '../answers.js';
import { type Filters, judgmentPath } from './filters.js';
import { Glyph } from './glyph.js';
import { excerpt } from './numbers.js';
import { outcomeOf } from './sample.js';
import { visible } from './visible.js';
import { FAILURE_WORDS, OUTCOME_WORDS } from '../words.js';

export function Others({ evidence, filters }: { evidence: Evidence; filters: Filters }) {
  const groups: [string, Sibling[]][] = [
    ['Other order', evidence.other_orders],
    ['Asked again', evidence.retests],
    ['Other judges', evidence.other_judges],
    ['People', evidence.people],
  ];
  return (
    <section className="others" aria-label="The same comparison, judged otherwise">
      {groups.map(([name, judgments]) =>
        name === 'Asked again' && judgments.length === 0 ? null : (
          <div key={name}>
            <h2>{name}</h2>
            {judgments.length === 0 ? (
              <p className="quiet">none</p>
            ) : (
              <ul>
                {judgments.map((j) => (
                  <Other key={j.id} judgment={j} filters={filters} />
                ))}
              </ul>
            )}
          </div>
        ),
      )}
    </section>
  );
}

function Other({ judgment, filters }: { judgment: Sibling; filters: Filters }) {
  const { id, judge, order, failure, rationale } = judgment;
  const outcome = outcomeOf([judgment]);
  return (
    <li>
      <Glyph outcome={outcome} silent /> <Link href={judgmentPath(id, filters)}>{judge}</Link>{' '}
      <span className="quiet">
        {[order, failure === null ? OUTCOME_WORDS[outcome] : FAILURE_WORDS[failure]].filter(Boolean).join(', ')}
      </span>
      {rationale !== null && <p>{visible(excerpt(rationale, 240))}</p>}
    </li>
  );
}
