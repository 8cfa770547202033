// One sample in a row: who won, what the text was, why, and what the other judges said.
import { Link } from './address.js';
import { Glyph } from './glyph.js';
import { excerpt } from './numbers.js';
import { outcomeOf, type Sample } from './sample.js';
import { visible } from './visible.js';
import { CANARY_WORDS, FAILURE_WORDS, OUTCOME_WORDS } from '../words.js';

export function SampleRow({ sample, href }: { sample: Sample; href: string }) {
  const { outcome, others, judgments } = sample;
  const [first] = judgments;
  const text = outcome === 'win' ? first.candidate_response : outcome === 'loss' ? first.baseline_response : null;
  const about = [
    first.category,
    first.suite,
    first.repeat > 0 && `repeat ${first.repeat}`,
    first.replicate > 0 && 'asked again',
    first.canary !== null && `planted: ${CANARY_WORDS[first.canary]}`,
  ];
  return (
    <article className="sample">
      <Glyph outcome={outcome} silent />
      <p className="sample-what">
        <Link href={href}>
          {first.prompt_id}
          <span className="unseen">{` by ${first.judge}: ${OUTCOME_WORDS[outcome]}`}</span>
        </Link>{' '}
        <span className="quiet">{about.filter(Boolean).join(' · ')}</span>
      </p>
      <p className="sample-judges">
        <b>{first.judge}</b>
        {others.map(([judge, its]) => (
          <span key={judge} className="quiet">
            {judge} <Glyph outcome={its} />
          </span>
        ))}
      </p>
      <p className="sample-prompt">{shown(first.prompt ?? '', 200)}</p>
      <p className="sample-text">
        <b>{OUTCOME_WORDS[outcome]}</b>
        {text !== null && `: ${shown(text, 240)}`}
      </p>
      <p className="sample-why">{shown(reasonOf(sample) ?? '', 320)}</p>
    </article>
  );
}

const shown = (text: string, length: number): string => visible(excerpt(text, length));

/** Why it went so: the judge's reason, what failed, or that the judge followed the slot. */
function reasonOf({ outcome, judgments }: Sample): string | null {
  const failed = judgments.map((j) => j.failure).find((failure) => failure !== null);
  if (failed !== undefined) return FAILURE_WORDS[failed];
  if (outcome === 'order-dependent') {
    const slots = new Set(judgments.map((j) => j.verdict));
    if (judgments.length > 1 && slots.size === 1) {
      if (slots.has('A')) return 'The text printed first, both times.';
      if (slots.has('B')) return 'The text printed second, both times.';
    }
    return judgments.map((j) => `${j.order}: ${OUTCOME_WORDS[outcomeOf([j])]}`).join(', ');
  }
  return judgments.map((j) => j.rationale).find((rationale) => rationale !== null) ?? null;
}
