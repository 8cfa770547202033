// May two runs be set side by side at all? What their numbers rest on: judges as they were served, template, prompts, and
// the baseline with its responses.
import type { Matter } from '../answers.js';
import { sha256 } from '../hash.js';
import { juryNamed } from '../jury-rule.js';
import type { Run } from '../records.js';
import type { PlacedHash, ServedJudge } from '../store/provenance.js';
import type { Store } from '../store/index.js';
import { judgesOf } from '../judges.js';
import type { ScoreFilter } from './scores.js';

export interface Basis {
  run: Run;
  /** Judges that decide: `name` → models that answered, sorted. */
  judges: Record<string, string[]>;
  /** How they decide together. */
  rule: string;
  templates: string[];
  /** Suite → hash of its prompts, whatever their order. */
  suites: Record<string, string>;
}

/** What the numbers of a run rest on, within a suite or domain where one is named. */
export async function basisOf(store: Store, run: Run, filter: ScoreFilter = {}): Promise<Basis> {
  const [served, prompts] = await Promise.all([store.servedJudges(run.id), store.promptHashes(run.id)]);
  const { panel, rule } = juryNamed(run, [...new Set(served.map(({ judge }) => judge))].sort(), judgesOf(run));
  const deciding = served.filter(({ judge }) => panel.includes(judge));
  return {
    run,
    judges: modelsOf(deciding),
    rule,
    templates: unique(deciding.map(({ template }) => template ?? 'unknown')),
    suites: suitesOf(prompts.filter((one) => within(one, filter))),
  };
}

const within = (prompt: PlacedHash, { suite, domain }: ScoreFilter): boolean =>
  (suite === undefined || prompt.suite === suite) && (domain === undefined || prompt.domain === domain);

const unique = (values: Iterable<string>): string[] => [...new Set(values)].sort();

function modelsOf(judges: ServedJudge[]): Record<string, string[]> {
  const models: Record<string, string[]> = {};
  for (const { judge, judge_model, judge_model_served } of judges) {
    const model = judge_model_served ?? judge_model;
    models[judge] = unique([...(models[judge] ?? []), ...(model === null ? [] : [model])]);
  }
  return models;
}

function suitesOf(prompts: PlacedHash[]): Record<string, string> {
  const hashes: Record<string, string[]> = {};
  for (const { suite, prompt_hash } of prompts) (hashes[suite] ??= []).push(prompt_hash);
  return Object.fromEntries(Object.entries(hashes).map(([suite, own]) => [suite, sha256(own.sort().join('\n'))]));
}

/** What decides whether rates may be ranked together; equal keys may. The baseline is judged apart. */
export const keyOf = (basis: Basis): string =>
  JSON.stringify([judgedBy(basis), textsOf(basis), Object.entries(basis.suites).sort()]);

const judgedBy = ({ judges, rule }: Basis): unknown[] => [Object.entries(judges).sort(), rule];

/** A template is its text, wherever the file lies: the hash of `path@hash`. */
const textsOf = ({ templates }: Basis): string[] => unique(templates.map((ref) => ref.replace(/^.*@/s, '')));

/** The same and the different of two or more runs, in the order of weight. */
export function mattersOf(bases: readonly Basis[]): Matter[] {
  const [first] = bases;
  if (first === undefined) return [];
  const judged = (basis: Basis): string => {
    const names = Object.entries(basis.judges).map(([name, models]) =>
      models.join() === name || models.length === 0 ? name : `${name} (${models.join(', ')})`,
    );
    const rule = bases.some((one) => one.rule !== 'mean') && names.length > 1 ? `, ${basis.rule}` : '';
    return names.length === 0 ? 'no judge' : names.sort().join(', ') + rule;
  };
  const matter = (what: Matter['what'], shown: (basis: Basis) => string, keyed = shown): Matter => {
    const same = bases.every((basis) => keyed(basis) === keyed(first));
    const values = bases.map((basis) => `${basis.run.id}: ${shown(basis)}`).join('; ');
    return { what, same, message: same ? `${what}: the same (${shown(first)})` : `${what} differ: ${values}` };
  };
  return [
    matter('judges', judged, (basis) => JSON.stringify(judgedBy(basis))),
    matter(
      'template',
      ({ templates }) => templates.join(', ') || 'none',
      (basis) => textsOf(basis).join(),
    ),
    matter('suites', ({ suites }) =>
      Object.entries(suites)
        .map(([name, hash]) => `${name}@${hash.slice(0, 8)}`)
        .sort()
        .join(', '),
    ),
    matter('baseline', ({ run }) => run.baseline),
  ];
}

/** Whether the baseline gave the same responses in all runs, on the prompts that they share. */
export async function baselineResponses(store: Store, runs: readonly Run[]): Promise<Matter> {
  const what = 'baseline responses';
  const texts = await Promise.all(
    runs.map(async (run) => {
      const rows = await store.baselineTexts(run.id);
      return new Map(rows.map((row) => [`${row.prompt_hash} ${row.repeat}`, row.response]));
    }),
  );
  const [first, ...others] = texts;
  const shared = [...(first?.keys() ?? [])].filter((key) => others.every((other) => other.has(key)));
  if (shared.length === 0) return { what, same: null, message: `${what}: no response is kept in all of the runs` };
  const changed = shared.filter((key) => others.some((other) => other.get(key) !== first!.get(key))).length;
  const message =
    changed === 0
      ? `${what}: the same (${shared.length})`
      : `${what} differ in ${changed} of ${shared.length}: part of any difference is the baseline's`;
  return { what, same: changed === 0, message };
}
