// `--stop when-decided`: judging ends once every domain is better, worse, or as good as equal. The rule is fixed before the
// first look and kept with the run, and so is what was known when it stopped; later numbers are read beside it.
import type { Early } from './answers.js';
import type { RunConfig } from './config.js';
import { lookLine, percent } from './figures.js';
import { type Jury, juryNamed, juryTallies } from './jury-rule.js';
import { planOf } from './plan.js';
import { DOMAINS, type Domain, type Run } from './records.js';
import { defaultMargin, looks, type StoppingRule } from './stats/index.js';
import type { Store } from './store/index.js';
import { tableOf, Tallies } from './tally/table.js';
import type { Look, Summary, Warning } from './summary.js';

/** Prompts of a domain before it can be decided: below them no one would believe it. */
const MINIMUM = 10;
const LEVEL = 0.95;
/** Where nothing was planned, the default for few prompts. */
const WIDE = 0.1;

/** What stands in a run's decision rule. */
interface Kept {
  level?: number;
  margin?: Partial<Record<Domain, number>>;
  stopping?: StoppingRule;
  /** What was known when the run stopped. */
  decided?: { at: string; looks: Look[] };
}

/** The rule of a run: the one it has, else made from its first level and margins and the size of its plan. */
function stoppingRule(run: Pick<Run, 'decision_rule' | 'identities'>, config: RunConfig, limit?: number): StoppingRule {
  const { stopping: known, level = config.level, margin = config.margin } = run.decision_rule as Kept;
  if (known !== undefined) return known;
  const planned = new Map<Domain, number>();
  for (const { domain, prompts } of config.suites)
    planned.set(domain, (planned.get(domain) ?? 0) + Math.min(limit ?? Infinity, prompts.length));
  const margins = Object.fromEntries(
    DOMAINS.filter((domain) => planned.has(domain)).map((domain) => [
      domain,
      margin[domain] ?? defaultMargin(planned.get(domain)!),
    ]),
  );
  const { rule, weights } = juryIn({ config: { ...config }, identities: run.identities }, config);
  const weighing = rule === 'weighted' && { weights };
  return { method: 'universal-mixture', alpha: 1 - level, minimum: MINIMUM, margins, ...weighing };
}

type Asked = Pick<RunConfig, 'judges' | 'orders' | 'sampling'>;

const namesOf = (judges: Asked['judges'], which: (judge: Asked['judges'][number]) => boolean = () => true): string[] =>
  judges.filter(which).map(({ name }) => name);

/** The judges that will decide, whoever has judged so far. */
function juryIn(run: Pick<Run, 'config' | 'identities'>, { judges }: Pick<Asked, 'judges'>): Jury {
  const informing = namesOf(judges, ({ share }) => share < 1);
  const referenceJudges = namesOf(judges, ({ provider }) => provider === 'reference');
  return juryNamed(run, namesOf(judges), { informing, referenceJudges });
}

function lookAt(tallies: Tallies, rule: StoppingRule, run: Pick<Run, 'config' | 'identities'>, asked: Asked): Look[] {
  const { judges, orders, sampling } = asked;
  const jury = juryIn(run, asked);
  const references = namesOf(judges, ({ provider }) => provider === 'reference');
  const due = (judge: string): number => sampling.repeats * (orders === 'both' && !references.includes(judge) ? 2 : 1);
  if (jury.rule === 'mean') return looks(tallies.table, rule, { panel: jury.panel, due });
  // The weights of the first look: votes that come later must not change what was looked at.
  const made = juryTallies({ ...jury, weights: rule.weights ?? jury.weights }, tallies.all);
  const all = jury.panel.reduce((sum, judge) => sum + due(judge), 0);
  return looks(tableOf(made), rule, { panel: ['jury'], due: () => all });
}

/** The end of judging as a question that is asked while a run goes. */
export interface Stopping {
  rule: StoppingRule;
  /** Looks at what is judged; true once every domain is decided. */
  decided(): Promise<boolean>;
  /** The looks at which it was decided; null before. */
  looks: Look[] | null;
  /** One line on what was decided. */
  reason(): string;
}

/** @param onLook told of every look, so that people see the sequence move */
export function openStopping(
  store: Pick<Store, 'counted'>,
  run: Run,
  config: RunConfig,
  limit: number | undefined,
  onLook?: (looks: Look[]) => void,
): Stopping {
  const rule = stoppingRule(run, config, limit);
  const total = planOf(config, limit).size.prompts;
  const stopping: Stopping = {
    rule,
    looks: null,
    async decided() {
      const now = lookAt(Tallies.of((await store.counted(run.id)).table), rule, run, config);
      onLook?.(now);
      if (now.every(({ verdict }) => verdict !== 'undecided')) stopping.looks = now;
      return stopping.looks !== null;
    },
    reason() {
      const now = stopping.looks ?? [];
      const n = now.reduce((sum, look) => sum + look.n, 0);
      return `decided after ${n} of ${total} prompts: ${now.map(({ domain, verdict }) => `${domain} ${verdict}`).join(', ')}`;
    },
  };
  return stopping;
}

/**
 * What a reader of numbers must know that were looked at before the planned end: of a run that was stopped because it was
 * decided, and of one that is under way. The confidence sequence stands in the message and, as numbers, in `sequence`.
 */
export function sequenceWarnings(run: Run, tallies: Tallies): Warning[] {
  const { decision_rule } = run;
  const { decided, stopping, level = LEVEL, margin = {} } = decision_rule as Kept;
  const live = run.status === 'running';
  const asked = run.config as Partial<Asked & { suites: { domain: Domain }[] }>;
  if ((decided === undefined && !live) || asked.judges === undefined || tallies.table.rows === 0) return [];
  const domains = [...new Set((asked.suites ?? []).map(({ domain }) => domain))];
  const margins = Object.fromEntries(domains.map((domain) => [domain, margin[domain] ?? WIDE]));
  const rule: StoppingRule = stopping ?? { method: 'universal-mixture', alpha: 1 - level, minimum: MINIMUM, margins };
  const now = lookAt(tallies, rule, run, asked as Asked);
  const sequence = now.map((look) => narrowed(look, decided?.looks));
  const weighing = stopping?.weights === undefined ? '' : ' Its judges weigh as they did at the first look.';
  const lines = `${sequence.map(lookLine).join('; ')}.${weighing}`;
  if (decided === undefined) {
    const message = `The run is under way: intervals and p values hold for its planned end only. What may be said at any time is the ${percent(level)} % confidence sequence: ${lines}`;
    return [{ code: 'NOT_FINAL', message, sequence }];
  }
  const message = `Judging stopped because it was decided. The ${percent(level)} % confidence sequence holds after a stop: ${lines} The estimate leans away from one half, and the intervals beside it are for a fixed number of prompts.`;
  return [{ code: 'STOPPED_EARLY', message, sequence, decided: decided.looks }];
}

/** Whether a run ended because it was decided; another stop leaves it unfinished. */
export const endedDecided = ({ status, decision_rule }: Pick<Run, 'status' | 'decision_rule'>): boolean =>
  status === 'stopped' && (decision_rule as Kept).decided !== undefined;

/** What a summary says of a run that was looked at before its planned end; null of any other. */
export function earlyOf({ warnings }: Pick<Summary, 'warnings'>, domain?: string): Early | null {
  const found = warnings.find(({ code }) => code === 'STOPPED_EARLY' || code === 'NOT_FINAL');
  if (found === undefined) return null;
  const { code, message, sequence } = found as Warning & Early;
  return { code, message, sequence: sequence.filter((look) => domain === undefined || look.domain === domain) };
}

/** What was excluded at the stop stays excluded, and what was decided stays decided. */
function narrowed(look: Look, before: Look[] | undefined): Look {
  const then = before?.find(({ domain }) => domain === look.domain);
  if (then === undefined) return look;
  const [low, high] = [Math.max(look.low, then.low), Math.min(look.high, then.high)];
  return { ...look, ...(low <= high && { low, high }), verdict: then.verdict };
}
