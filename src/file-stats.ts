// Every statistic of judged files, ours or anyone's, without a database.
import { Accuracies } from './audit/accuracy.js';
import { entry } from './audit/check.js';
import { whole } from './figures.js';
import { type ReadOptions, numberRows, readSound } from './formats/index.js';
import { RULES } from './judges.js';
import type { Judgment, Tally } from './records.js';
import { summarize, type SummarizeInput } from './stats/index.js';
import { Tallying } from './tally/fold.js';
import type { CanaryRow } from './store/tallies.js';
import type { Summary, Warning } from './summary.js';
import { canaryTallies } from './win-rates.js';
import { offlineWarnings } from './words.js';

export interface FileStats {
  summary: Summary;
  tallies: Tally[];
  /** Judges that know answers: they make no win rate beside others. */
  referenceJudges: string[];
}

/**
 * The summary of judged files; `run` is null. A judgment that stands in two files counts once. Memory grows with prompts
 * and judges, not with texts.
 */
export async function statsOfFiles(
  files: string[],
  reading: ReadOptions,
  asked: Omit<SummarizeInput, 'tallies' | 'retests' | 'canaries' | 'run' | 'referenceJudges'>,
): Promise<FileStats> {
  const tallying = new Tallying();
  const canaryRows: CanaryRow[] = [];
  const accuracies = new Accuracies();
  const rules = { offline: new Set<string>(), reference: new Set<string>() };
  const pairs = new Set<string>();
  const numberOf = sampleNumbering();
  for await (const row of numberRows(readSound(files, reading))) {
    const { judgment } = row;
    pairs.add(`${judgment.candidate} vs ${judgment.baseline}`);
    judgment.repeat = numberOf(judgment);
    tallying.add(judgment);
    accuracies.add(row, 'new');
    for (const rule of RULES) if (judgment.judge_provider === rule) rules[rule].add(judgment.judge);
    const { canary, judge, suite, prompt_id, repeat, replicate, order, winner } = judgment;
    if (canary !== null && replicate === 0)
      canaryRows.push({ kind: canary, judge, suite, prompt_id, repeat, order: order!, winner });
  }
  const { tallies, retests } = tallying.result;
  const canaries = canaryTallies(canaryRows);
  const accuracy = accuracies.byJudge;
  const warnings = [...offlineWarnings([...rules.offline].sort()), ...severalPairs([...pairs])];
  const referenceJudges = [...rules.reference];
  const summary = summarize({ ...asked, tallies, retests, canaries, accuracy, warnings, referenceJudges, run: null });
  return { summary, tallies, referenceJudges };
}

/** That one rate stands for several candidates, or for one against several baselines. */
function severalPairs(pairs: readonly string[]): Warning[] {
  if (pairs.length < 2) return [];
  const named = pairs.slice(0, 3).join('; ') + (pairs.length > 3 ? ` and ${whole(pairs.length - 3)} more` : '');
  const message = `${whole(pairs.length)} pairs of checkpoints are counted together (${named}); a file of each pair has a rate of its own.`;
  return [{ code: 'SEVERAL_CHECKPOINTS', message }];
}

/**
 * The number of each sample of a prompt over all that is read: as it stands for what comes first, behind its numbers for
 * other checkpoints, and for other runs of the same ones where a judge has judged both. All of them number alike, and
 * theirs are comparisons of their own.
 */
function sampleNumbering(): (judgment: Judgment) => number {
  const runs = new Map<string, Map<string, number>>();
  const sources = new Map<string, number>();
  const prompts = new Map<string, { last: number; first: number; others: Map<string, number> }>();
  return ({ run_id, baseline, candidate, judge, suite, prompt_id, repeat }) => {
    const known = entry(runs, JSON.stringify([baseline, candidate, judge]), () => new Map<string, number>());
    const run = entry(known, run_id, () => known.size);
    const source = entry(sources, JSON.stringify([baseline, candidate, run]), () => sources.size);
    const at = entry(prompts, `${suite}\0${prompt_id}`, () => ({ last: -1, first: Infinity, others: new Map() }));
    if (source === 0 && repeat <= at.first) {
      at.last = Math.max(at.last, repeat);
      return repeat;
    }
    at.first = Math.min(at.first, at.last);
    return entry(at.others, `${source} ${repeat}`, () => ++at.last);
  };
}
