// What the statistics say of a run: the one shape of `stats --json`, `summary.json`, the report and
// `GET /api/runs/{id}/win-rates`, and what people say of its judges (`calibrate --json`). Probabilities are 0 to 1; nothing is NaN: null with a reason.
import type { CanaryTally, Domain, Failure, Outcome, Role } from './records.js';

export type Group = Partial<Record<'domain' | 'suite' | 'category' | 'judge' | 'order', string>>;

export interface Rate {
  value: number | null;
  low?: number;
  high?: number;
  n?: number;
  reason?: string;
}

export interface Interval {
  low: number;
  high: number;
  level: number;
  method: string;
}

export interface Estimate {
  group: Group;
  n_prompts: number;
  n_effective: number | null;
  n_comparisons: number;
  n_judgments: number;
  wins: number;
  losses: number;
  ties: number;
  order_dependent: number;
  failed: number;
  coverage: number | null;
  win_rate: number | null;
  reason: string | null;
  win_rate_pooled: number | null;
  standard_error: number | null;
  decisive_rate: number | null;
  interval: Interval | null;
  bootstrap: (Interval & { resamples: 'exact' | number; seed: number; degenerate: boolean }) | null;
  bca: { low: number; high: number } | null;
  exact: { low: number; high: number; method: 'clopper-pearson' } | null;
  bounds: { low: number; high: number } | null;
  p_value: number | null;
  p_adjusted: number | null;
  test: 'sign-flip';
  adjustment: 'holm' | 'benjamini-hochberg' | null;
  size: 'ok' | 'wide' | 'too-few';
  minimum_detectable_effect: number | null;
  length_controlled: { win_rate: number; low: number; high: number; slope: number } | { reason: string };
}

export interface AgreementPair {
  judges: [string, string];
  n: number;
  observed: number | null;
  expected: number | null;
  cohen_kappa: number | null;
  gwet_ac1: number | null;
  /** Of the observed agreement, by prompt bootstrap. */
  interval: Interval | null;
  reason: string | null;
}

export interface Agreement {
  pairs: AgreementPair[];
  krippendorff_alpha: { value: number | null; low: number | null; high: number | null; reason?: string };
  fleiss_kappa: { value: number | null; reason?: string };
  unanimous: { n: number; share: number | null };
  effective_judges: number | null;
}

/** How often a judge names the one that is right, in a group of pairs. */
export interface KnownAccuracy extends Rate {
  group: string;
  /** Of a certification as a whole. */
  certification?: {
    run: string;
    /** Same winner in both orders. */
    consistency: Rate;
    cost_per_correct_usd: number | null;
  };
}

export interface JudgeHealth {
  judge: string;
  first_slot_rate: Rate;
  position_consistency: Rate;
  order_dependent_rate: Rate;
  repeat_consistency: Rate;
  longer_wins_rate: Rate;
  failed: Partial<Record<Failure, number>>;
  coverage: Rate;
  canaries: Omit<CanaryTally, 'judge'>[];
  quote_mismatch_rate: Rate;
  score_contradictions: Rate;
  /** Roles whose model shares the judge's family, e.g. `["candidate"]`; empty when none. */
  family_overlap: Role[];
  /** Against known answers (reference judge, certification), by group; empty when none are known. */
  accuracy: KnownAccuracy[];
}

export interface CriterionSummary {
  judge: string;
  criterion: string;
  n: number;
  mean_difference: number | null;
  low: number | null;
  high: number | null;
  agrees_with_verdict: number | null;
}

export interface DomainDecision {
  verdict: 'better' | 'worse' | 'equivalent' | 'undecided' | 'not tested';
  /** Whether it is shown; false where nothing was judged. */
  non_inferior: boolean;
  margin: number;
  /** Win-rate points below one half that the lower bound does not exclude, 0..0.5; null when not tested. */
  largest_loss_not_excluded: number | null;
  more_prompts_needed: number | null;
}

export interface Decision {
  domains: Record<Domain, DomainDecision>;
  sentence: string;
}

export interface Warning {
  code: string;
  message: string;
  [key: string]: unknown;
}

/** What may be said of a domain at any time, however often one looks: `sequence` of NOT_FINAL and STOPPED_EARLY. */
export interface Look {
  domain: Domain;
  /** Prompts wholly judged. */
  n: number;
  win_rate: number | null;
  log_e: number;
  /** Confidence sequence at the domain's share of alpha. */
  low: number;
  high: number;
  verdict: 'better' | 'worse' | 'equivalent' | 'undecided';
}

/** Shares of the variance of one judgment's score, each 0..1 of the total, null with a reason where it cannot be told. */
export interface Variance {
  prompts: number | null;
  responses: number | null;
  orders: number | null;
  judges: number | null;
  win_rate_by_repeat: (number | null)[];
  reason: string | null;
}

/** What `stats --json`, `summary.json` and `GET /api/runs/{id}/win-rates` give. */
export interface Summary {
  run: Record<string, unknown> | null;
  estimates: Estimate[];
  agreement: Agreement;
  judges: JudgeHealth[];
  decision: Decision;
  variance: Variance;
  criteria: CriterionSummary[];
  warnings: Warning[];
}

// ── judges against people ───────────────────────────────────────────────────────────────────────

export type Label = 'win' | 'loss' | 'tie';

export interface Baseline {
  agreement: Rate;
  /** Agreement of the judge less that of the baseline on the same labels, with the sign-flip p by prompt. */
  gain: number | null;
  p_value: number | null;
  /** The gain is above zero and not by chance. */
  beaten: boolean;
}

export interface AgreementWithPeople {
  n: number;
  failed: number;
  /** Same of win, loss, tie; order-dependent counts as a tie, failed ones are left out. By prompt. */
  agreement: Rate;
  cohen_kappa: number | null;
  /** People's choice → the judge's outcome → how many. */
  confusion: Record<Label, Record<Outcome, number>>;
  baselines: { longer: Baseline; first: Baseline };
}

export type Corrected =
  | { win_rate: number; low: number; high: number; level: number; method: string; reason: null }
  | { win_rate: null; reason: string };

export interface Correction {
  /** Prompts with a score of the judge; those that people judged too. */
  n: number;
  labels: number;
  raw: Corrected;
  /** People alone on the prompts they judged. */
  people: Corrected;
  ppi: Corrected & { lambda?: number };
  sensitivity_specificity: Corrected & {
    sensitivity?: number;
    specificity?: number;
    true_wins?: number;
    true_losses?: number;
    ties_dropped?: number;
  };
}

export interface GroupAgreement {
  group: { category: string } | { length: 'candidate shorter' | 'similar' | 'candidate longer' };
  agreement: Rate;
}

export interface JudgeCalibration extends AgreementWithPeople {
  /** A judge of the run, or `jury`: those that decide, by the rule of the run. */
  judge: string;
  by: GroupAgreement[];
  /** One sentence: what the judge is worth. */
  sentence: string;
  corrected: ({ group: { domain?: Domain } } & Correction)[];
}

export interface Disagreement {
  suite: string;
  prompt_id: string;
  repeat: number;
  category: string | null;
  judge: string;
  outcome: Outcome;
  person: string;
  label: Label;
  /** One judgment of the judge, to look at. */
  judgment_id: string;
}

export interface Calibration {
  run: string;
  labels: {
    votes: number;
    people: string[];
    comparisons: number;
    /** Prompts judged among those that chance drew. */
    random_prompts: number;
    /** Votes that came after the person had been told what is which: the blind one before counts. */
    changed_after_reveal: number;
  };
  /** What agreement is measured on: the sample that chance drew, or whatever people chose to judge. */
  basis: 'random' | 'all';
  /** The ceiling: how often two people agree on one comparison. */
  people: { agreement: Rate; pairs: { people: [string, string]; agreement: Rate }[] };
  judges: JudgeCalibration[];
  disagreements: Disagreement[];
  warnings: Warning[];
}
