// What a run's configuration says of its judges, and whose judgments make the win rate.
import type { RunConfig } from './config.js';
import type { Judge } from './run-file.js';
import type { Run } from './records.js';
import { panelOf } from './stats/panel.js';
import type { SummarizeInput } from './stats/index.js';
import type { Warning } from './summary.js';
import { offlineWarnings } from './words.js';

/** A judge that asks no model, as the lines of an imported run have it. */
export type RuleJudge = Pick<Judge, 'name'> & { provider: (typeof RULES)[number] };
export const RULES = ['offline', 'reference'] as const;

type Known = Pick<Run, 'config' | 'identities'>;

/** Names of a run's judges that are rules and no models: whoever shows results of theirs says so. */
export function offlineJudges(run: Known): string[] {
  return judgesBy('offline', run);
}

/** As configured; an imported run keeps with its identities what its lines say. */
function judgesBy(rule: RuleJudge['provider'], { config, identities }: Known): string[] {
  const asked = (config['judges'] ?? identities['judges'] ?? []) as Pick<Judge, 'name' | 'provider'>[];
  return asked.filter(({ provider }) => provider === rule).map(({ name }) => name);
}

/** What the configuration says of the judges and checkpoints; of an imported run only which judges are rules. */
export function judgesOf(run: Run): Pick<SummarizeInput, 'informing' | 'referenceJudges' | 'families' | 'warnings'> {
  const { judges, baseline, candidate } = run.config as Partial<Pick<RunConfig, 'judges' | 'baseline' | 'candidate'>>;
  const rules = { referenceJudges: judgesBy('reference', run), warnings: offlineWarnings(offlineJudges(run)) };
  if (judges === undefined) return rules;
  return {
    ...rules,
    informing: judges.filter(({ share }) => share < 1).map(({ name }) => name),
    families: {
      judges: Object.fromEntries(judges.map((judge) => [judge.name, judge.model ?? null])),
      baseline: baseline?.model ?? null,
      candidate: candidate?.model ?? null,
    },
  };
}

/** That results of these runs are an offline judge's, in one warning for all of them; empty where none is. */
export function offlineAmong(runs: readonly (Pick<Run, 'id'> & Known)[]): Warning[] {
  const named = runs.map((run) => ({ id: run.id, judges: offlineJudges(run) }));
  const own = named.filter(({ judges }) => judges.length > 0).map(({ id }) => id);
  const which = own.length === runs.length ? '' : own.length > 3 ? ` in ${own.length} runs` : ` in ${own.join(', ')}`;
  return offlineWarnings([...new Set(named.flatMap(({ judges }) => judges))], which);
}

/** Those of some judges whose judgments make the overall win rate of a run. */
export function panelIn(run: Run, judges: string[]): string[] {
  return panelOf(judges, judgesOf(run));
}
