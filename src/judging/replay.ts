// Does a stored judgment follow from its stored parts? Presents the responses again, reads the reply again, unblinds
// again, and lists every field that comes out differently. The heart of `audit` for our own runs.
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../answers.js';
import type { Judgment, StopReason } from '../records.js';
import { scoreOf } from './outcome.js';
import { bySide, present, unblind, type Comparison } from './present.js';
import { findQuote } from './quote.js';
import { readReply } from './verdict.js';

/** What a line cannot know itself: the texts of the run it belongs to. A judge that is a rule has no template. */
export interface Source extends Pick<Comparison, 'prompt' | 'seed' | 'max_chars'> {
  template: Comparison['template'] | null;
}

/** The fields of a judgment that its parts do not bear out, in the order of derivation; empty when all do. */
export function rederive(line: Judgment, source: Source): Difference[] {
  const differences: Difference[] = [];
  const compare = (field: keyof Judgment, derived: unknown): void => {
    const recorded = line[field];
    if (!isDeepStrictEqual(recorded, derived)) differences.push({ field, recorded, derived });
  };
  const { order, baseline_response, candidate_response } = line;
  if (order !== null && baseline_response !== null && candidate_response !== null && source.template !== null) {
    const { prompt, template, seed, max_chars } = source;
    const shown = present({ template, prompt, baseline_response, candidate_response, order, seed, max_chars });
    compare('prompt', prompt.prompt);
    compare('presentation_notes', shown.notes);
    compare('presentation_sha256', shown.sha256);
  }
  if (line.reply === null || order === null) return differences;
  const reading = readReply({ text: line.reply, stop_reason: line.stop_reason as StopReason | null }, source.template);
  compare('state', reading.state);
  if (reading.state === 'failed') {
    for (const field of ['verdict', 'winner', 'score', 'baseline_scores', 'candidate_scores'] as const)
      compare(field, null);
    // An endpoint's failure leaves what had arrived as the reply; the words alone cannot tell it.
    if (line.failure !== 'unreachable' && line.failure !== 'too-long') compare('failure', reading.failure);
  } else {
    const winner = unblind(reading.verdict, order);
    const scores = bySide(order, reading.scores_a, reading.scores_b);
    compare('failure', null);
    compare('verdict', reading.verdict);
    compare('winner', winner);
    compare('score', scoreOf(winner));
    compare('baseline_scores', scores.baseline);
    compare('candidate_scores', scores.candidate);
  }
  compare('rationale', reading.rationale);
  compare('quote', reading.quote);
  if (baseline_response !== null && candidate_response !== null) {
    compare('quote_found_in', findQuote(reading.quote, baseline_response, candidate_response));
  }
  return differences;
}
