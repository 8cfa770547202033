// What did the judge decide? Reads a reply and fails closed: a verdict is taken only where the reply states exactly one;
// everything else is a failure with its reason, never a tie, never the first letter found.
import type { Answer, Failure, Verdict } from '../records.js';
import { storable } from '../hash.js';
import { findObject } from './json-reply.js';
import { concludedVerdicts } from './conclusions.js';
import { statementsIn, verdictIn } from './statements.js';
import type { Template } from './template.js';
import { withoutThought } from './thoughts.js';

/** What the reply was asked to hold. */
type Asked = Pick<Template, 'criteria' | 'scale' | 'allow_tie'>;

type Scores = Record<string, number>;

export type Reading =
  | {
      state: 'judged';
      verdict: Verdict;
      rationale: string | null;
      quote: string | null;
      /** Criterion → score of slot A, B; null when none is asked, or when any is missing or off the scale. */
      scores_a: Scores | null;
      scores_b: Scores | null;
      /** Where the verdict stood, in words. */
      how: string;
    }
  | {
      state: 'failed';
      failure: Extract<Failure, 'refused' | 'unreadable' | 'truncated' | 'contradictory'>;
      rationale: null;
      quote: null;
      how: string;
    };

/** Characters of the longest reply that is looked at; a verdict with its reasons has a few hundred. */
const MAX_REPLY = 200_000;
/** Judges that are rules have no template; they answer in the plainest shape. */
const VERDICT_ALONE: Asked = { criteria: [], scale: null, allow_tie: true };
/** Keys of the reply that is asked for. */
// Stryker disable next-line all: none of them names another verdict, it only takes time
const ASKED_FOR = new Set(['rationale', 'quote', 'scores_a', 'scores_b', 'verdict']);
const RIVAL = /^(?:(?:final|overall)_?)?(?:verdict|winner|choice|decision|preference|preferred(?:_?response)?)$/i;
/** Keys under which judges who are bound to no schema put their reasons. */
const REASONS =
  /^(?:rationale|reason(?:s|ing)?|explanation|justification|analysis|thoughts?|thinking|comments?|feedback|summary|conclusion|comparison)$/i;
const REFUSAL =
  /^\W*(?:sorry(?=,)|I(?:['’]m| am) (?:sorry|unable)|I (?:can(?:['’]t|not)|won['’]t|will not|must decline|decline))\b(?! (?:fault|tell|lie|deny|ignore|overlook|find|help but)\b)/i;

/**
 * The reading of a reply; never throws. Structured JSON comes first; a plain text is read only when all its verdict
 * lines agree. A reply that stopped at the token limit is truncated even when a verdict stands in it, because what
 * would have followed is unknown.
 */
export function readReply(answer: Pick<Answer, 'text' | 'stop_reason'>, template: Asked | null): Reading {
  const asked = template ?? VERDICT_ALONE;
  const { text, stop_reason } = answer;
  if (stop_reason === 'refusal') return failed('refused', 'the endpoint reports a refusal');
  if (stop_reason === 'length') return failed('truncated', 'the reply reached the token limit');
  if (text.trim() === '') return failed('unreadable', 'the reply is empty');
  if (text.length > MAX_REPLY) return failed('unreadable', `the reply has more than ${MAX_REPLY} characters`);
  const said = withoutThought(text);
  if (said === null) return failed('unreadable', 'the reply ends within a thought');
  const found = findObject(said);
  switch (found.kind) {
    case 'cut':
      return failed('truncated', 'the JSON of the reply is cut off');
    case 'broken':
      return failed('unreadable', found.reason);
    case 'contradictory':
      return failed('contradictory', found.reason);
    case 'object':
      return readObject(found.value, found.where, found.rest, asked);
    case 'none':
      return readPlain(said, asked);
  }
}

function readObject(reply: Record<string, unknown>, where: string, around: string, template: Asked): Reading {
  const verdict = typeof reply.verdict === 'string' ? (verdictIn(reply.verdict) ?? null) : null;
  if (verdict === null) return failed('unreadable', `${where}: ${excerpt(reply.verdict)} is not a verdict`);
  if (verdict === 'tie' && !template.allow_tie) return failed('unreadable', `${where}: a tie where none is allowed`);
  // Stryker disable next-line StringLiteral,ArrayDeclaration: whatever decides nothing will do
  const reasons = Object.entries(reply).flatMap(([key, value]) => (REASONS.test(key) ? [textOf(value) ?? ''] : []));
  // Stryker disable next-line all: a blank text concludes nothing, it only takes time
  const words = [...reasons, around].filter((text) => text.trim() !== '');
  const { stated, mentioned } = statementsIn(around);
  const said = [...stated, ...mentioned, ...words.flatMap((text) => [...concludedVerdicts(text)]), ...rivals(reply)];
  const other = said.find((one) => one !== verdict);
  if (other !== undefined) {
    return failed(
      'contradictory',
      `${where}: the verdict is ${verdict}, the words around it say ${other ?? 'neither'}`,
    );
  }
  const [scores_a, scores_b] = [scoresOf(reply.scores_a, template), scoresOf(reply.scores_b, template)];
  const complete = scores_a !== null && scores_b !== null;
  const unrated = template.criteria.length > 0 && !complete ? ', scores missing or off the scale' : '';
  return {
    state: 'judged',
    verdict,
    rationale: textOf(reply.rationale),
    quote: textOf(reply.quote),
    scores_a: complete ? scores_a : null,
    scores_b: complete ? scores_b : null,
    how: `${where}${unrated}`,
  };
}

/** Verdicts that the reply names under other keys than the one that was asked for. */
function rivals(reply: Record<string, unknown>): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const [key, value] of Object.entries(reply)) {
    if (ASKED_FOR.has(key) || typeof value !== 'string' || !RIVAL.test(key)) continue;
    const verdict = verdictIn(value) ?? null;
    if (verdict !== null) verdicts.push(verdict);
  }
  return verdicts;
}

function readPlain(text: string, template: Asked): Reading {
  const { stated, mentioned } = statementsIn(text);
  // Stryker disable next-line ArrayDeclaration: without a statement nothing is read of it
  const all = new Set([...stated, ...mentioned, ...(stated.length === 0 ? [] : concludedVerdicts(text))]);
  if (all.has('A') && all.has('B')) return failed('contradictory', 'plain text names both verdicts');
  if (stated.length === 0) {
    return REFUSAL.test(text)
      ? failed('refused', 'plain text that declines to judge')
      : failed('unreadable', 'plain text without a verdict line');
  }
  if (all.has(null)) return failed('unreadable', 'the verdict line names no verdict');
  const verdict = [...all][0]!;
  if (all.size > 1) return failed('contradictory', 'plain text names several verdicts');
  if (verdict === 'tie' && !template.allow_tie)
    return failed('unreadable', 'verdict line: a tie where none is allowed');
  return {
    state: 'judged',
    verdict,
    rationale: text.trim(),
    quote: null,
    scores_a: null,
    scores_b: null,
    how: 'verdict line in plain text',
  };
}

function scoresOf(value: unknown, { criteria, scale }: Asked): Scores | null {
  if (criteria.length === 0 || scale === null || typeof value !== 'object' || value === null) return null;
  const rated = value as Record<string, unknown>;
  const scores: [string, number][] = [];
  for (const criterion of criteria) {
    const score = Object.hasOwn(rated, criterion) ? rated[criterion] : null;
    if (typeof score !== 'number' || score < scale[0] || score > scale[1]) return null;
    scores.push([criterion, score]);
  }
  return Object.fromEntries(scores);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? storable(value.trim()) : null;
}

/** A value of the reply as it can stand in one line. */
function excerpt(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a value of type ${typeof value}`;
}

function failed(failure: Extract<Reading, { state: 'failed' }>['failure'], how: string): Reading {
  return { state: 'failed', failure, rationale: null, quote: null, how };
}
