// How every number of a report was made: methods by name with their parameters and sources, and how far to trust them.
import { marginPoints, percent } from '../figures.js';
import type { Estimate } from '../summary.js';
import type { Facts } from './facts.js';
import { html, type Html } from './html.js';

const JURY = { mean: 'judges', majority: 'the majority of the judges', weighted: 'judges by their weight' };

/** Method notes, each a term and what is to be known about it. */
export function methodNotes({ run, summary }: Facts): [term: string, note: string][] {
  const { estimates, decision } = summary;
  const level = estimates.find((e) => e.interval !== null)?.interval?.level ?? 0.95;
  const jury = (run.config['jury'] ?? 'mean') as keyof typeof JURY;
  const notes: [string, string][] = [
    [
      'win rate',
      'Score of a comparison: candidate 1, tie 0.5, baseline 0, mean over its two orders where both were judged. ' +
        `Win rate: mean over prompts of the prompt’s mean score over repeats and ${JURY[jury]}. A failed judgment has no score and is never a tie.`,
    ],
    ['unit', 'The prompt: its normalised text. Both orders, all judges and repeats of a prompt stay together.'],
    ...intervals(estimates, level),
    ...bootstraps(estimates),
    [
      'test',
      'Exact sign-flip of prompt score − 0.5, two-sided, by dynamic programming. Adjusted by Holm over domains and over suites, ' +
        'by Benjamini-Hochberg (exploratory) over everything else.',
    ],
    [
      'decision',
      `Better: the ${percent(level)} % interval lies above 50 and the exact p is at most ${(1 - level).toFixed(2)}. ` +
        `Equivalent: the ${percent(2 * level - 1)} % interval lies inside the margin. No loss: the lower limit lies above 50 − margin on the domain and each of its suites. ` +
        `Margins: ${Object.entries(decision.domains)
          .map(([domain, { margin }]) => `${domain} ${marginPoints(margin)}`)
          .join(', ')}. Undecided means only that.`,
    ],
    [
      'too few',
      'Grey: effective n below 30 or an interval of 30 points or more (Parker et al. 2017). Below 10 prompts counts stand in place of a percentage.',
    ],
    [
      'detectable',
      `The smallest distance from 50 that a run of this effective size finds with power 0.8 at level ${percent(level)} %.`,
    ],
    [
      'agreement',
      'On outcomes of comparisons that both judges judged; order-dependent counts as tie, failed ones are left out. ' +
        'Krippendorff’s α, Cohen’s κ and Gwet’s AC1 stand beside the raw share, which alone says little where one side nearly always wins.',
    ],
    ['judge rates', `Shares with ${percent(level)} % intervals over prompts.`],
    ['seed', `${String(run.config['seed'] ?? 0)}: orders of presentation, samples and every bootstrap that draws.`],
  ];
  return notes;
}

function intervals(estimates: readonly Estimate[], level: number): [string, string][] {
  const used = new Set(estimates.map((e) => e.interval?.method));
  const notes: [string, string][] = [];
  if (used.has('wilson-effective-n')) {
    notes.push([
      `interval: effective-n Wilson, level ${level}`,
      'Wilson’s score interval (1927) at n_eff = n/φ′, with φ = s²/(m(1 − m)) and φ′ = (nφ + 3)/(n + 3). The idea is Korn and Graubard’s (1998); ' +
        'the shrinkage is our variant. Its coverage at nominal 95 % in simulation (three judges with intraclass correlation 0.6, n = 13 to 200 prompts, ' +
        'win rates 0.5, 0.77 and 0.9, ties 0 and 20 %; bench/coverage.ts): 93.0 to 98.1 %, lowest at n = 30 and a win rate of 0.9 without ties, ' +
        'elsewhere 94 % and more. The percentile bootstrap by prompt covers 77 to 95 % in the same.',
    ]);
  }
  if (used.has('tango')) {
    notes.push([
      `interval: Tango, level ${level}`,
      'Tango’s score interval (1998) for wins, ties and losses, one verdict a prompt; without ties it is Wilson’s. ' +
        'Exact coverage at nominal 95 %: 93.7 to 98.2 % at n = 13 to 200, about 95 % on average; with 13 prompts and no ties the few possible counts ' +
        'make it jump, to 91.0 % at a win rate of 0.77.',
    ]);
  }
  return notes;
}

function bootstraps(estimates: readonly Estimate[]): [string, string][] {
  const used = estimates.flatMap(({ bootstrap }) => (bootstrap === null ? [] : [bootstrap]));
  if (used.length === 0) return [];
  const drawn = used.find(({ resamples }) => resamples !== 'exact');
  const exact = used.some(({ resamples }) => resamples === 'exact');
  const how = [
    exact ? 'exact, by convolution of the prompt scores: no resamples and no seed' : '',
    drawn === undefined ? '' : `B = ${drawn.resamples} resamples, seed ${drawn.seed}, where exact is out of reach`,
  ].filter(Boolean);
  return [
    [
      'bootstrap',
      `Whole prompts resampled, percentile, ${how.join('; ')}. Too short for few prompts, so it stands beside the interval and not in its place; degenerate where every prompt scores the same.`,
    ],
  ];
}

export function methods(facts: Facts): Html {
  return html`<dl class="notes">
    ${methodNotes(facts).map(
      ([term, note]) =>
        html`<dt>${term}</dt>
          <dd>${note}</dd>`,
    )}
  </dl>`;
}
