// Do the numbers of a run follow from its judgments? The summary is made again and compared, number by number.
import type { Glance } from '../answers.js';
import { readJudged } from '../formats/index.js';
import { promptHash } from '../hash.js';
import { knownAnswers } from '../known-answers.js';
import type { Due, Judgment } from '../records.js';
import { tally } from '../stats/index.js';
import type { ReferenceRow } from '../store/tallies.js';
import type { Summary } from '../summary.js';
import { canaryTallies, summaryOf } from '../win-rates.js';
import type { Found, MakeCheck } from './check.js';
import type { OwnRun } from './own-run.js';

/** What is compared: `run` and `warnings` say when and where, not what was found. */
const PARTS = ['estimates', 'agreement', 'judges', 'decision', 'variance', 'criteria'] as const;
/** Sums taken in another order differ in the last digits. */
const TOLERANCE = 1e-9;

/** What a database keeps beside a summary. */
export interface KeptBeside {
  /** Positions of prompts whose tallies are not what their judgments come to. */
  falseTallies: readonly { first: number; last: number }[];
  /** What lists show of the run; null where nothing is kept. */
  glance: Glance | null;
  /** The same made again, from a summary made again. */
  glanceAgain: (summary: Summary) => Promise<Glance>;
}

/** The check of a run's kept or exported summary against one made again, and of what a database keeps beside it. */
export async function summaryCheck(
  own: Pick<OwnRun, 'summary'>,
  again: () => Summary | Promise<Summary>,
  beside?: KeptBeside,
): Promise<MakeCheck> {
  const found = (beside?.falseTallies ?? []).map(({ first, last }): Found => ({
    severity: 'error',
    message: `The kept tallies of prompts ${first} to ${last} do not follow from their judgments; they are counted again.`,
  }));
  const compare = (name: string, recorded: unknown, derived: unknown, path: string) => {
    const difference = firstDifference(recorded, derived, path);
    if (difference === null) return;
    const message = `${name} does not follow from the judgments: \`${difference.path}\`.`;
    found.push({ severity: 'error', message, recorded: difference.a, derived: difference.b });
  };
  if (own.summary !== null) {
    const derived = await again();
    for (const part of PARTS) compare('The summary', own.summary[part], derived[part], part);
    if (beside?.glance) compare('What lists show', beside.glance, await beside.glanceAgain(derived), 'glance');
  }
  return () => ({ code: 'SUMMARY_MISMATCH', see: () => 'outside', end: () => found });
}

/** What a file of judgments holds, and of what judges said only what reference judges found. */
export interface Judged {
  judgments: Judgment[];
  replies: ReferenceRow[];
}

export async function judgedIn(own: OwnRun, file: string): Promise<Judged> {
  const judgments: Judgment[] = [];
  const replies: ReferenceRow[] = [];
  const references = referencesOf(own);
  for await (const { judgment } of readJudged([file])) {
    const { judge, order, reply, state } = judgment;
    if (references.includes(judge) && state === 'judged') replies.push({ judge, order: order!, reply });
    judgments.push({ ...judgment, reply: null, rationale: null });
  }
  return { judgments, replies };
}

/** The summary of an export folder, from its lines and its `run.json` alone. */
export function summaryOfFile(own: OwnRun, { judgments, replies }: Judged): Summary {
  const hashes = new Map(
    own.suites.flatMap((suite) => suite.prompts.map((p) => [`${suite.name}\0${p.id}`, promptHash(p.prompt, p.system)])),
  );
  const { tallies, retests } = tally(judgments, {
    promptHash: (j) => hashes.get(`${j.suite}\0${j.prompt_id}`) ?? promptHash(j.prompt ?? ''),
  });
  const canaries = canaryTallies(
    judgments.flatMap(({ canary, replicate, judge, suite, prompt_id, repeat, order, winner }) =>
      canary === null || replicate > 0
        ? []
        : [{ kind: canary, judge, suite, prompt_id, repeat, order: order!, winner }],
    ),
  );
  const accuracy = knownAnswers(referencesOf(own), replies, tallies);
  return summaryOf(own.run, { tallies, retests, canaries, due: dueOf(own, judgments), accuracy });
}

const referencesOf = ({ config }: OwnRun): string[] =>
  config.judges.filter(({ provider }) => provider === 'reference').map(({ name }) => name);

/** What is due by the plan; as in the store, what is there where that is more: the limit was lowered later. */
function dueOf({ run, plan }: OwnRun, judgments: readonly Judgment[]): Due[] {
  const asked = judgments.filter(({ judge }) => !judge.startsWith('human:'));
  if (asked.length <= run.planned.judgments) return plan.due();
  return asked.flatMap(({ suite, domain, category, judge, order, canary, replicate }) =>
    canary === null && replicate === 0 ? [{ suite, domain, category, judge, order, judgments: 1 }] : [],
  );
}

interface Difference {
  path: string;
  a: string | number | null;
  b: string | number | null;
}

/** The first place where two JSON values differ, or null. */
export function firstDifference(a: unknown, b: unknown, path: string): Difference | null {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a)) ? null : { path, a, b };
  }
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const deeper = firstDifference(
        (a as Record<string, unknown>)[key],
        (b as Record<string, unknown>)[key],
        Array.isArray(a) ? `${path}[${key}]` : `${path}.${key}`,
      );
      if (deeper !== null) return deeper;
    }
    return null;
  }
  return a === b ? null : { path, a: shown(a), b: shown(b) };
}

function shown(value: unknown): string | number | null {
  return typeof value === 'number' || value === null || value === undefined
    ? (value ?? null)
    : (JSON.stringify(value) ?? '').slice(0, 100);
}
