import { describe, expect, it } from 'vitest';
import type { JudgeHealth, Rate } from '../src/summary.js';
import {
  agreementFigures,
  observedAgreement,
  decisionDetail,
  healthHeadline,
  letterOf,
  remarksOf,
} from '../src/words.js';

const rate = (value: number, low: number, high: number, n = 50): Rate => ({ value, low, high, n });
const unknown: Rate = { value: null, reason: 'not asked' };
const steady: JudgeHealth = {
  judge: 'opus',
  first_slot_rate: rate(0.51, 0.46, 0.56),
  position_consistency: rate(0.91, 0.8, 0.96),
  order_dependent_rate: rate(0.09, 0.04, 0.2),
  repeat_consistency: unknown,
  longer_wins_rate: rate(0.55, 0.45, 0.65),
  failed: {},
  coverage: rate(1, 1, 1),
  canaries: [{ kind: 'identical', n: 5, passed: 5 }],
  quote_mismatch_rate: rate(0, 0, 0.05),
  score_contradictions: unknown,
  family_overlap: [],
  accuracy: [],
};
const said = (health: JudgeHealth, kind: 'trouble' | 'fine') =>
  remarksOf(health)
    .filter((remark) => remark.kind === kind)
    .map((remark) => remark.text);

it('runs side by side are A to Z, and numbers from the 27th on', () => {
  expect([0, 25, 26].map(letterOf)).toEqual(['A', 'Z', '#27']);
});

describe('the health of a judge in words', () => {
  it('is without trouble for a steady judge', () => {
    expect(said(steady, 'trouble')).toEqual([]);
    expect(healthHeadline(steady)).toBe('steady');
  });
  it('names the slot a judge prefers, with its interval, only where the interval leaves 50 out', () => {
    const led = { ...steady, first_slot_rate: rate(0.64, 0.58, 0.7) };
    expect(said(led, 'trouble')).toEqual(['prefers the first text: 64 % (58–70); both orders cancel it']);
    expect(healthHeadline(led)).toBe('led by position');
    expect(said({ ...steady, first_slot_rate: rate(0.3, 0.2, 0.4) }, 'trouble')[0]).toMatch(/^prefers the second text/);
    expect(said({ ...steady, first_slot_rate: rate(0.64, 0.49, 0.77) }, 'trouble')).toEqual([]);
  });
  it('does not promise that both orders cancel what was judged in one', () => {
    const once = { ...steady, first_slot_rate: rate(0.64, 0.58, 0.7), position_consistency: unknown };
    expect(said(once, 'trouble')).toEqual(['prefers the first text: 64 % (58–70); judge both orders to cancel it']);
  });
  it('does not call a judge steady of whom too little is known', () => {
    const few = { ...steady, first_slot_rate: rate(0.5, 0.2, 0.8, 6) };
    expect(healthHeadline(few)).toBe('too few to tell');
    expect(said(few, 'fine')[0]).toMatch(/^too few to tell whether it follows a slot/);
  });
  it('says of a rule that compares with references that it does, and nothing of slots', () => {
    const accuracy = [{ group: 'candidate right', ...rate(0.8, 0.7, 0.9) }];
    const rule = { ...steady, first_slot_rate: unknown, order_dependent_rate: unknown, accuracy };
    expect(healthHeadline(rule)).toBe('compares with references');
    expect(said(rule, 'fine').join()).not.toMatch(/slot|first text/);
  });
  it('says what failed and what was missed, trouble before what is fine, and leads to the samples', () => {
    const health: JudgeHealth = {
      ...steady,
      failed: { refused: 3, truncated: 1 },
      canaries: [{ kind: 'injection', n: 5, passed: 3 }],
      family_overlap: ['candidate'],
    };
    expect(said(health, 'trouble')).toEqual([
      'planted case not judged as it must be: an answer that orders its own victory (3 of 5 right)',
      '3 judgments failed: the judge refused',
      '1 judgment failed: the reply was cut off',
      'of the same model family as the candidate',
    ]);
    const kinds = remarksOf(health).map((remark) => remark.kind);
    expect(kinds).toEqual([...kinds].sort().reverse());
    expect(remarksOf(health).map(({ of }) => of)).toContainEqual({ outcome: 'failed' });
  });
  it('says what is known of its answers: certified, by a reference, and worse than a coin as trouble', () => {
    const known = (group: string, value: Rate): JudgeHealth => ({ ...steady, accuracy: [{ group, ...value }] });
    expect(said(known('certified: all', rate(0.84, 0.78, 0.89)), 'fine')).toContain(
      'certified: right in 84 % (78–89) of 50 pairs with known answers',
    );
    expect(said(known('certified: coding', rate(0.84, 0.78, 0.89)), 'fine')).toContain(
      'certified: right in 84 % (78–89) of 50 pairs with known answers, coding',
    );
    expect(said(known('certified: all', rate(0.3, 0.2, 0.4)), 'trouble')).toHaveLength(1);
    expect(said(known('certified: all', unknown), 'fine').join()).not.toContain('certified');
  });
});

it('what a certification says leads to its own run, and its groups to their samples', () => {
  const certification = { run: '20261101_090000', consistency: rate(0.9, 0.8, 0.95), cost_per_correct_usd: null };
  const accuracy = [
    { group: 'certified: all', ...rate(0.84, 0.78, 0.89), certification },
    { group: 'certified: coding', ...rate(0.79, 0.66, 0.88) },
    { group: 'reference', ...rate(0.7, 0.6, 0.8) },
  ];
  const led = remarksOf({ ...steady, accuracy }).slice(-3);
  expect(led.map(({ run, of }) => [run, of])).toEqual([
    ['20261101_090000', {}],
    ['20261101_090000', { category: 'coding' }],
    [undefined, {}],
  ]);
});

it('a domain says which loss is still possible, and what would settle it', () => {
  const base = { non_inferior: false, margin: 0.05, largest_loss_not_excluded: 0.09, more_prompts_needed: 180 };
  expect(decisionDetail({ verdict: 'undecided', ...base })).toBe(
    'a loss of up to 9 points is not excluded; not shown to be within the margin of 5 points; 180 more prompts would settle it',
  );
  // As in the sentence of the decision: 9.4 points are not 9, and a margin is told as it was set.
  const uneven = { ...base, margin: 0.024, largest_loss_not_excluded: 0.094, more_prompts_needed: null };
  expect(decisionDetail({ verdict: 'undecided', ...uneven })).toBe(
    'a loss of up to 10 points is not excluded; not shown to be within the margin of 2.4 points',
  );
  // 36 of 57: the interval lies above one half, the exact p is 0.063.
  const borderline = { ...base, non_inferior: true, largest_loss_not_excluded: 0, more_prompts_needed: 40 };
  expect(decisionDetail({ verdict: 'undecided', ...borderline })).toContain('the exact test does not');
  expect(decisionDetail({ ...base, verdict: 'not tested' })).toBe('no suite of this domain was in the run');
});

it('judges who agree less than by chance have a negative alpha, with a minus and no hyphen', () => {
  const pair = { judges: ['a', 'b'] as [string, string], n: 9, observed: 0.3, expected: 0.4, cohen_kappa: -0.1 };
  const agreement = {
    pairs: [{ ...pair, gwet_ac1: -0.12, interval: null, reason: null }],
    krippendorff_alpha: { value: -0.08, low: null, high: null },
    ...{ fleiss_kappa: { value: null }, unanimous: { n: 9, share: 0.3 }, effective_judges: null },
  };
  expect(agreementFigures(agreement)).toBe('α −0.08, AC1 −0.12');
  // A person's few votes beside them are no part of how the judges of a run agree.
  const person = {
    ...agreement.pairs[0]!,
    judges: ['a', 'human:ann'] as [string, string],
    n: 1,
    observed: 1,
    gwet_ac1: 1,
  };
  expect(agreementFigures({ ...agreement, pairs: [...agreement.pairs, person] })).toBe('α −0.08, AC1 −0.12');
  expect(observedAgreement([...agreement.pairs, person])).toBe(0.3);
  expect(observedAgreement([person])).toBe(1);
});
