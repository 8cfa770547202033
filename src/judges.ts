// What a run's configuration says of its judges, and whose judgments make the win rate.
import type { RunConfig } from './config.js';
import type { Judge } from './run-file.js';
import type { Run } from './records.js';
import { panelOf } from './stats/panel.js';
import type { SummarizeInput } from './stats/index.js';
import type { Warning } from './summary.js';
import { offlineWarnings } from './words.js';

/** Names of a run's judges that are rules and no models: whoever shows results of theirs says so. */
export function offlineJudges({ config }: Pick<Run, 'config'>): string[] {
  const { judges = [] } = config as Partial<Pick<RunConfig, 'judges'>>;
  return judges.filter(({ provider }) => provider === 'offline').map(({ name }) => name);
}

/** What the configuration says of the judges and checkpoints; an imported run says nothing. */
export function judgesOf(run: Run): Pick<SummarizeInput, 'informing' | 'referenceJudges' | 'families' | 'warnings'> {
  const { judges, baseline, candidate } = run.config as Partial<Pick<RunConfig, 'judges' | 'baseline' | 'candidate'>>;
  if (judges === undefined) return {};
  const named = (which: (judge: Judge) => boolean) => judges.filter(which).map((judge) => judge.name);
  return {
    informing: named((judge) => judge.share < 1),
    referenceJudges: named((judge) => judge.provider === 'reference'),
    families: {
      judges: Object.fromEntries(judges.map((judge) => [judge.name, judge.model ?? null])),
      baseline: baseline?.model ?? null,
      candidate: candidate?.model ?? null,
    },
    warnings: offlineWarnings(offlineJudges(run)),
  };
}

/** That results of these runs are an offline judge's, in one warning for all of them; empty where none is. */
export function offlineAmong(runs: readonly Pick<Run, 'id' | 'config'>[]): Warning[] {
  const named = runs.map((run) => ({ id: run.id, judges: offlineJudges(run) }));
  const own = named.filter(({ judges }) => judges.length > 0).map(({ id }) => id);
  const which = own.length === runs.length ? '' : own.length > 3 ? ` in ${own.length} runs` : ` in ${own.join(', ')}`;
  return offlineWarnings([...new Set(named.flatMap(({ judges }) => judges))], which);
}

/** Those of some judges whose judgments make the overall win rate of a run. */
export function panelIn(run: Run, judges: string[]): string[] {
  return panelOf(judges, judgesOf(run));
}
