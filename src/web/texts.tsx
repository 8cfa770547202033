// The two responses side by side: the baseline always left, the candidate always right, whatever the judge saw first.
import type { Judgment, Role } from '../records.js';
import { Difference, useDifference } from './difference.js';
import { Glyph } from './glyph.js';
import { ModelText } from './text.js';

export const VIEWS = [
  { name: 'read', words: 'to read' },
  { name: 'written', words: 'as written' },
  { name: 'difference', words: 'word by word' },
  { name: 'seen', words: 'as the judge saw it' },
] as const;
export type View = (typeof VIEWS)[number]['name'];

export function Texts({ judgment, view }: { judgment: Judgment; view: Exclude<View, 'seen'> }) {
  const { baseline_response: baseline, candidate_response: candidate } = judgment;
  const parts = useDifference(baseline ?? '', candidate ?? '', view === 'difference');
  const body = (role: Role, text: string | null) => {
    if (text === null) return <p className="quiet">The file that was imported does not hold this text.</p>;
    if (view === 'difference') return <Difference parts={parts?.[role]} role={role} />;
    const quoted = judgment.quote_found_in === role || judgment.quote_found_in === 'both';
    return (
      <ModelText text={text} as={view === 'read' ? 'markdown' : 'written'} quote={quoted ? judgment.quote : null} />
    );
  };
  return (
    <div className="texts">
      <section aria-label={`Baseline, ${judgment.baseline}`}>
        <TextHead judgment={judgment} role="baseline" />
        {body('baseline', baseline)}
      </section>
      <section aria-label={`Candidate, ${judgment.candidate}`}>
        <TextHead judgment={judgment} role="candidate" />
        {body('candidate', candidate)}
      </section>
    </div>
  );
}

function TextHead({ judgment, role }: { judgment: Judgment; role: Role }) {
  const { order, winner } = judgment;
  const first = order === null ? null : order === `${role}-first`;
  const stopped = role === 'baseline' ? judgment.baseline_stop_reason : judgment.candidate_stop_reason;
  const notes = [
    first !== null && `printed ${first ? 'first (A)' : 'second (B)'}`,
    winner === role && 'preferred',
    stopped === 'length' && 'cut off at the token limit',
  ];
  return (
    <h2 className={`text-head ${role}`}>
      <Glyph outcome={role === 'candidate' ? 'win' : 'loss'} silent /> {judgment[role]}
      <span className="quiet"> {[role, ...notes.filter(Boolean)].join(', ')}</span>
    </h2>
  );
}
