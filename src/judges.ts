// What a run's configuration says of its judges, and whose judgments make the win rate.
import type { Judge, RunConfig } from './config.js';
import type { Run } from './records.js';
import { panelOf } from './stats/panel.js';
import type { SummarizeInput } from './stats/index.js';

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
  const offline = offlineJudges(run);
  return {
    informing: named((judge) => judge.share < 1),
    referenceJudges: named((judge) => judge.provider === 'reference'),
    families: {
      judges: Object.fromEntries(judges.map((judge) => [judge.name, judge.model ?? null])),
      baseline: baseline?.model ?? null,
      candidate: candidate?.model ?? null,
    },
    warnings:
      offline.length === 0
        ? []
        : [
            {
              code: 'OFFLINE_JUDGE',
              message: `${offline.join(', ')}: rules that read nothing but the texts, for trying the tool and not for claims.`,
              judges: offline,
            },
          ],
  };
}

/** Those of some judges whose judgments make the overall win rate of a run. */
export function panelIn(run: Run, judges: string[]): string[] {
  return panelOf(judges, judgesOf(run));
}
