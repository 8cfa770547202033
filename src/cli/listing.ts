// The work of `list` and `show`.
import { counted, FEW, groupName, headline, percent, range, whole } from '../figures.js';
import { findRun } from '../find-run.js';
import type { Glance, RunItem } from '../answers.js';
import { commandLine, type Environment } from '../environment.js';
import { isInterrupted } from '../holder.js';
import { sweepCurve } from '../ledger/curve.js';
import type { Run } from '../records.js';
import type { Store } from '../store/index.js';
import { offlineAmong } from '../judges.js';
import { concluded, progressOf } from '../win-rates.js';
import { type CommonOptions, print } from './action.js';
import { curveLines } from './curve.js';
import type { ListFlags } from './ledger.js';
import { plot, plotted } from './forest.js';
import { judgeLines, sumOf, warningLines } from './screen.js';
import { type Column, table } from './table.js';
import { breadth, columns, flowed, paint, plain, room, wrapped } from './terminal.js';

type Item = Omit<RunItem, 'offline_judges'> & { model: string | null };

/** The items of `GET /api/runs`, with the model that was fine-tuned; offline judges are named in `warnings`. */
export async function list(store: Store, flags: ListFlags): Promise<void> {
  const { purpose, candidate, baseline, status, sweep, tag, search, limit, cursor } = flags;
  const filter = { purpose, candidate, baseline, status, sweep, tag, q: search };
  const page = await store.runs(filter, Math.min(limit, 1000), cursor);
  const glances = await store.glances(page.items.map(({ id }) => id));
  const items = await Promise.all(page.items.map((run) => itemOf(store, run, glances.get(run.id))));
  const warnings = offlineAmong(page.items);
  const rates = new Map<string, string>();
  const interrupted = new Set<string>();
  if (flags.detail === true && flags.json !== true)
    for (const [i, run] of page.items.entries()) {
      rates.set(run.id, await ratesOf(store, run, items[i]!));
      if (await isInterrupted(store, run)) interrupted.add(run.id);
    }
  print(flags, { items, next_cursor: page.next_cursor, warnings }, () => {
    if (items.length === 0)
      return [...Object.values(filter), cursor].some((given) => given !== undefined)
        ? 'no run that matches; doubleblind list without filters shows all'
        : 'no run yet; start one with doubleblind run, judge, import or demo';
    const more = page.next_cursor === null ? [] : [`  more: --cursor ${page.next_cursor}`];
    const shown =
      flags.detail === true
        ? [
            ...detail(items, rates, interrupted),
            ...[...interrupted].map((id) => goingOn(id, flags)),
            ...warningLines({ warnings }),
          ]
        : summary(items);
    return [...shown, ...more].join('\n');
  });
}

async function itemOf(store: Store, run: Run, glance: string | undefined): Promise<Item> {
  const { config, decision_rule: _d, environment: _e, identities, ...facts } = run;
  const base = (identities['candidate'] as { base_model?: string | null } | undefined)?.base_model;
  const model = base ?? (config['candidate'] as { model?: string } | undefined)?.model ?? null;
  if (glance !== undefined) return { ...facts, model, ...(JSON.parse(glance) as Glance) };
  return { ...facts, model, progress: progressOf(run, await store.counts(run.id)), decision: null };
}

/** One line a purpose and model. */
function summary(items: Item[]): string[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify([item.purpose, item.model ?? item.candidate]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const rows = [...groups].sort().map(([key, own]) => {
    const [purpose, model] = JSON.parse(key) as [string, string];
    const done = own.filter(({ status }) => status === 'done').length;
    const candidates = new Set(own.map(({ candidate }) => candidate)).size;
    const judgments = own.reduce((sum, { progress }) => sum + progress.judged, 0);
    return [purpose, model, whole(own.length), whole(done), whole(candidates), whole(judgments), own[0]!.id];
  });
  const right = { right: true };
  return table(
    [
      { title: 'purpose' },
      { title: 'model' },
      { title: 'runs', ...right },
      { title: 'done', ...right },
      { title: 'candidates', ...right },
      { title: 'judgments', ...right },
      { title: 'newest', whole: true },
    ],
    rows,
  );
}

/** One line a run; where the terminal is too narrow, all but the candidate on lines below it. */
function detail(
  items: Item[],
  rates: ReadonlyMap<string, string>,
  interrupted: ReadonlySet<string>,
  width = room(),
): string[] {
  const statusOf = (item: Item): string => farOf(item, interrupted.has(item.id) ? 'interrupted' : item.status);
  const column = (title: string): Column => ({ title, whole: title === 'run' });
  const wide = table(
    ['run', 'purpose', 'candidate', 'against', 'status', 'win rate'].map(column),
    items.map((item) => [item.id, item.purpose, item.candidate, item.baseline, statusOf(item), rates.get(item.id)!]),
    Infinity,
  );
  if (wide.every((line) => breadth(line) <= width)) return wide;
  const [head = '', ...rows] = table(
    ['run', 'candidate', 'status'].map(column),
    items.map((item) => [item.id, item.candidate, statusOf(item)]),
    width,
  );
  const below = (item: Item): string[] =>
    flowed([`    ${plain(item.purpose)}`, plain(`against ${item.baseline}`), rates.get(item.id)!], width, 4);
  return [head, ...rows.flatMap((row, i) => [row, ...below(items[i]!)])];
}

/** The command that goes on with a run that was interrupted. */
function goingOn(id: string, { database }: CommonOptions): string {
  const words = ['', '', 'resume', id, ...(database === undefined ? [] : ['--database', database])];
  return `  ${paint.yellow('!')} interrupted, go on with: npx ${commandLine(words, process.env)}`;
}

function farOf({ progress: { judged, failed, due } }: Item, status: string): string {
  const done = judged + failed;
  return status === 'done' || done === 0 ? status : `${status} ${percent(due === 0 ? null : done / due)} %`;
}

/** The win rates by domain; counts where a domain has too few prompts; how many responses where nothing is judged. */
async function ratesOf(store: Store, run: Run, { progress, decision }: Item): Promise<string> {
  if (progress.judged === 0) {
    const { responses } = await store.spent(run.id);
    return responses === 0 ? '' : `${counted(responses, 'response')}, nothing judged`;
  }
  const judged = Object.entries(decision?.domains ?? {}).filter(([, domain]) => domain.win_rate !== null);
  // A glance has rates only.
  if (judged.some(([, { n_prompts }]) => n_prompts < FEW)) {
    const { summary } = await concluded(store, run);
    const domains = plotted(summary).filter(({ group, win_rate }) => 'domain' in group && win_rate !== null);
    return domains.map((e) => `${groupName(e)} ${headline(e)} (${range(e.interval, e.n_prompts)})`).join(', ');
  }
  return judged
    .map(([name, { win_rate, low, high, n_prompts: n }]) => {
      const interval = low === null || high === null ? null : { low, high };
      return `${name} ${percent(win_rate, n)} % (${range(interval, n)})`;
    })
    .join(', ');
}

/** One run with everything that is recorded of it, and the curve of its sweep. */
export async function show(store: Store, id: string, flags: CommonOptions): Promise<void> {
  const run = await findRun(store, id);
  const [{ summary }, spent, costs, strata, findings, holder, curve] = await Promise.all([
    concluded(store, run),
    store.spent(run.id),
    store.costs(run.id),
    store.stored(run.id),
    store.findingCounts(run.id),
    store.holder(run.id),
    run.sweep === null ? null : sweepCurve(store, run.sweep),
  ]);
  const { decision } = summary;
  const interrupted = await isInterrupted(store, run);
  const progress = progressOf(run, spent);
  const unpriced = spent.unpriced === 0 ? '' : ` (${whole(spent.unpriced)} of unknown price)`;
  const document = { ...run, progress, decision, spent, costs, strata, findings, holder, curve };
  print(flags, document, () =>
    [
      ...head(run, interrupted ? 'interrupted' : run.status),
      ...(interrupted ? [goingOn(run.id, flags)] : []),
      '',
      ...wrapped(plain(decision.sentence), Math.min(columns(), 100), 2).map(paint.bold),
      '',
      ...(summary.estimates.length === 0 ? [] : plot(summary, columns())),
      '',
      ...judgeLines(summary),
      '',
      `  spent ${sumOf(spent)} in ${whole(spent.calls)} calls${unpriced}, ${whole(spent.input_tokens)} tokens in, ${whole(spent.output_tokens)} out`,
      ...findings.map(({ code, n }) => `  ${paint.yellow('!')} ${code} ×${whole(n)} in the last audit`),
      ...warningLines(summary),
      ...(curve === null ? [] : ['', ...curveLines(curve)]),
    ].join('\n'),
  );
}

function head(run: Run, status: string): string[] {
  const { git, ...environment } = run.environment as Partial<Environment>;
  const served = (run.identities['served'] ?? {}) as Record<string, { status: string; why: string }>;
  const checkpoint = (role: 'baseline' | 'candidate'): string => {
    const identity = run.identities[role] as
      { digest?: string | null; path?: string; step?: number | null; base_model?: string | null } | undefined;
    const facts = [
      identity?.path,
      identity?.base_model ? `from ${identity.base_model}` : null,
      typeof identity?.step === 'number' ? `step ${identity.step}` : null,
      identity?.digest?.slice(0, 12),
      served[role] === undefined ? null : `${served[role].status}: ${served[role].why}`,
    ].filter((fact) => fact !== null && fact !== undefined);
    return `${run[role]}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
  };
  const rows: [string, string | null | undefined][] = [
    ['run', `${run.id}  ${status}${run.reason === null ? '' : ` (${run.reason})`}`],
    ['name', run.name],
    ['purpose', run.purpose],
    [
      'data',
      run.data_path === null
        ? run.data_purpose
        : `${run.data_path}${run.data_purpose === null ? '' : ` (made for ${run.data_purpose})`}`,
    ],
    [
      'tags',
      Object.entries(run.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || null,
    ],
    ['candidate', checkpoint('candidate')],
    ['baseline', checkpoint('baseline')],
    ['started', run.started_at],
    ['ended', run.ended_at],
    [
      'commit',
      git?.commit
        ? `${git.commit.slice(0, 12)} on ${git.branch ?? 'no branch'}${git.dirty ? ', with changes' : ''}`
        : null,
    ],
    ['command', environment.command],
    [
      'made with',
      environment.doubleblind === undefined
        ? null
        : `doubleblind ${environment.doubleblind}, node ${environment.node} on ${environment.host}`,
    ],
    ['files', run.exports],
  ];
  return rows.flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [`  ${paint.dim(name.padEnd(10))} ${plain(value)}`],
  );
}
