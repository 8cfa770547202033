// Does every stored field of our own run follow from its stored parts? Presentations are made again, orders drawn
// again, replies read again, responses looked up again, the plan and the summary made again.
import { dirname, join } from 'node:path';
import type { Difference } from '../answers.js';
import { configDocument } from '../configuration.js';
import { canaryTexts } from '../judging/canaries.js';
import { rederive } from '../judging/replay.js';
import { type Finding, type Judgment, type Prompt, ROLES } from '../records.js';
import { judgmentId } from '../store/judgment-writes.js';
import type { Check, Found, MakeCheck } from './check.js';
import { coordinate, type OwnRun, type Unplannable } from './own-run.js';
import { firstDifference } from './own-summary.js';

const PRESENTED = new Set<keyof Judgment>(['prompt', 'presentation_notes', 'presentation_sha256']);
/** Fields that decide a number; the others say why. */
const DECIDING = new Set<keyof Judgment>(['state', 'failure', 'verdict', 'winner', 'score']);

/** The checks of one own run, each with a code of its own; rows of other files are not theirs. */
export function ownChecks(own: OwnRun, file: string): MakeCheck[] {
  const differences = memo((judgment: Judgment) => differencesOf(own, judgment));
  const checks: MakeCheck[] = [
    () =>
      derived(
        'PRESENTATION_HASH_MISMATCH',
        differences,
        (field) => PRESENTED.has(field),
        'is not what the stored texts present',
      ),
    () =>
      derived(
        'REPLY_READ_DIFFERENTLY',
        differences,
        (field) => !PRESENTED.has(field) && field !== 'winner',
        'does not follow from the stored reply',
      ),
    () => planned(own),
    () => bornOut(own, file === '' ? null : join(dirname(file), 'responses.jsonl')),
    () => whole(own),
  ];
  return checks.map((make) => () => {
    const check = make();
    return {
      ...check,
      see: (row, standing) => (row.file === file ? check.see(row, standing) : 'outside'),
      end: () => (check.end?.() ?? []).map((found) => ({ file, ...found })),
    };
  });
}

function derived(
  code: Check['code'],
  differences: (judgment: Judgment) => Difference[],
  about: (field: keyof Judgment) => boolean,
  words: string,
): Check {
  return {
    code,
    see({ judgment }) {
      const found = differences(judgment).filter(({ field }) => about(field));
      return found.length === 0 ? 'sound' : foundOf(found, words);
    },
  };
}

function foundOf(found: Difference[], words: string): Found {
  const [first] = found;
  const severity = found.some(({ field }) => DECIDING.has(field) || PRESENTED.has(field)) ? 'error' : 'warning';
  const fields = found.map(({ field }) => `\`${field}\``).join(', ');
  return { severity, message: `${fields} ${words}.`, recorded: shown(first!.recorded), derived: shown(first!.derived) };
}

function shown(value: unknown): Finding['recorded'] {
  if (value === null || typeof value === 'number') return value;
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
}

function differencesOf(own: OwnRun, judgment: Judgment): Difference[] {
  if (judgment.judge.startsWith('human:')) return [];
  const prompt = promptOf(own, judgment);
  const judge = own.config.judges.find(({ name }) => name === judgment.judge);
  // A row of no prompt or judge of the run is told by the plan.
  if (prompt === null || judge === undefined) return [];
  const found = rederive(judgment, {
    prompt,
    seed: own.config.seed,
    template: judge.template === null ? null : own.config.templates[judge.template]!,
  });
  // Only people decide without a word.
  const unsaid = judgment.reply === null && judgment.state === 'judged';
  return unsaid ? [...found, { field: 'state', recorded: judgment.state, derived: 'failed' }] : found;
}

function promptOf(own: OwnRun, judgment: Judgment): Prompt | null {
  const position = own.positions.get(`${judgment.suite}\0${judgment.prompt_id}`);
  return position === undefined ? null : own.plan.at(position).prompt;
}

/** Every row is a unit of the plan (its order as drawn from the seed), every unit of the plan is a row. */
function planned(own: OwnRun): Check {
  const due = new Map<number, Set<string>>();
  let missing = own.plan.size.judgments;
  const unitsAt = (position: number) => {
    let ids = due.get(position);
    if (ids === undefined) {
      ids = new Set(own.plan.units(position).map((unit) => judgmentId({ run_id: own.run.id, ...unit })));
      due.set(position, ids);
    }
    return ids;
  };
  const seen = new Set<number>();
  return {
    code: 'MISSING_ROWS',
    see({ judgment }) {
      if (judgment.judge.startsWith('human:')) return 'outside';
      const id = judgmentId(judgment);
      if (id !== judgment.id) {
        return {
          severity: 'error',
          message: '`id` is not that of suite, prompt, judge and order.',
          recorded: judgment.id,
          derived: id,
        };
      }
      const position = own.positions.get(`${judgment.suite}\0${judgment.prompt_id}`);
      if (position === undefined)
        return { severity: 'error', message: 'The run has no such prompt.', recorded: judgment.prompt_id };
      seen.add(position);
      if (!unitsAt(position).delete(id)) {
        return {
          severity: 'error',
          message: 'The plan asks for no such judgment: its order was not drawn from the seed, or it stands twice.',
          recorded: judgment.order,
        };
      }
      missing--;
      return 'sound';
    },
    end() {
      if (missing <= 0) return [];
      const names: string[] = [];
      for (const position of own.plan.order) {
        if (names.length >= 12) break;
        const left = seen.has(position) ? due.get(position)!.size : unitsAt(position).size;
        if (left > 0) {
          const { suite, prompt } = own.plan.at(position);
          names.push(`${suite}/${prompt.id} (${left})`);
        }
      }
      const ended = own.run.status === 'done';
      return [
        {
          severity: ended ? 'error' : 'note',
          message: `${missing} planned judgments are not there${ended ? '' : `, the run is ${own.run.status}`}: ${names.join(', ')}${names.length >= 12 ? ', …' : ''}.`,
          rows: missing,
        },
      ];
    },
  };
}

/** What is said of a run that no plan can be made from. */
export function unplannable(file: string, { message }: Unplannable): MakeCheck {
  const words = `The stored configuration is not the one the run was started with: no plan can be made from it (${message}). What rests on it was not checked.`;
  return () => ({
    code: 'CONFIGURATION_CHANGED',
    see: () => 'outside',
    end: () => [{ severity: 'error', file, message: words }],
  });
}

/** What a row says of responses, checkpoints, judge and prompt is what the run says, and so are the responses. */
function bornOut(own: OwnRun, responses: string | null): Check {
  return {
    code: 'RECORD_CONTRADICTS_RUN',
    see({ judgment }) {
      const expected = expectedOf(own, judgment);
      const found = (Object.keys(expected) as (keyof Judgment)[]).flatMap((field): Difference[] =>
        judgment[field] === expected[field] ? [] : [{ field, recorded: judgment[field], derived: expected[field] }],
      );
      const unanswered = ROLES.filter(
        (role) => judgment[`${role}_response`] !== null && !own.responses.has(coordinate(judgment, role)),
      );
      if (unanswered.length > 0) {
        const message = `The run has no response of the ${unanswered.join(' and the ')} to what was judged.`;
        return { severity: 'error', message };
      }
      if (found.length === 0) return 'sound';
      const { severity, ...rest } = foundOf(found, 'is not what the run says');
      const texts = found.some(
        ({ field }) => field.endsWith('_response') || field === 'domain' || field === 'category',
      );
      return { ...rest, severity: texts ? 'error' : severity };
    },
    end: () =>
      own.false_responses.map(({ line, of, field, recorded, derived }) => ({
        severity: 'error' as const,
        ...(responses === null ? {} : { file: responses, line }),
        message: `\`${field}\` of the response to ${of} is not what the run says, or it stands twice.`,
        recorded,
        derived,
      })),
  };
}

function expectedOf(own: OwnRun, judgment: Judgment): Partial<Judgment> {
  const { config } = own;
  const prompt = promptOf(own, judgment);
  const suite = own.suites.find(({ name }) => name === judgment.suite);
  const judge = config.judges.find(({ name }) => name === judgment.judge);
  const [baseline, candidate] = (['baseline', 'candidate'] as const).map((role) =>
    own.responses.get(coordinate(judgment, role)),
  );
  const responses = baseline && candidate && { baseline: baseline.text ?? '', candidate: candidate.text ?? '' };
  const texts = responses && judgment.canary !== null ? canaryTexts(judgment.canary, responses) : responses;
  return {
    run_id: own.run.id,
    baseline: config.baseline.name,
    candidate: config.candidate.name,
    ...(suite && prompt && { domain: suite.domain, category: prompt.category, prompt: prompt.prompt }),
    ...(judge && { judge_provider: judge.provider, judge_model: judge.model ?? null, template: judge.template }),
    ...(texts && { baseline_response: texts.baseline, candidate_response: texts.candidate }),
    ...(baseline && { baseline_stop_reason: baseline.stop_reason }),
    ...(candidate && { candidate_stop_reason: candidate.stop_reason }),
  } as Partial<Judgment>;
}

/** The run as a whole: its configuration is the one its id stands for. */
function whole(own: OwnRun): Check {
  return {
    code: 'CONFIGURATION_CHANGED',
    see: () => 'outside',
    end() {
      const found: Found[] = [];
      if (own.configuration !== own.run.configuration) {
        found.push({
          severity: 'error',
          message: 'The stored configuration is not the one the run was started with.',
          recorded: own.run.configuration,
          derived: own.configuration,
        });
      }
      for (const [name, recorded, derived] of [
        ['config.suites', own.run.config['suites'], configDocument(own.config)['suites']],
        ['planned', own.run.planned, own.plan.size],
        ['due', own.due, own.due === undefined ? undefined : own.plan.due()],
        ...shownOf(own),
      ] as const) {
        // What a configuration does not state cannot be held against it.
        if (derived === undefined) continue;
        const difference = firstDifference(recorded, JSON.parse(JSON.stringify(derived)), name);
        if (difference === null) continue;
        const message = `\`${difference.path}\` of the run is not what its suites and configuration come to.`;
        found.push({ severity: 'error', message, recorded: difference.a, derived: difference.b });
      }
      if (own.run.origin !== 'own') {
        const message = 'The run says it is imported, and its configuration names its judges: it was asked here.';
        found.push({ severity: 'error', message, recorded: own.run.origin, derived: 'own' });
      }
      return found;
    },
  };
}

/** What lists and pages show of a run: it is never changed after the start, and stands in its summary too. */
function shownOf({ run, config, summary }: OwnRun): [string, unknown, unknown][] {
  const { id, name, purpose, baseline, candidate, decision_rule } = run;
  const told = summary?.run ?? null;
  return [
    ['name', name, config.name],
    ['purpose', purpose, config.purpose],
    ['baseline', baseline, config.baseline.name],
    ['candidate', candidate, config.candidate.name],
    ...(['level', 'margin'] as const).map((key): [string, unknown, unknown] => [
      `decision_rule.${key}`,
      decision_rule[key] ?? config[key],
      config[key],
    ]),
    ...Object.entries(told === null ? {} : { id, name, purpose, baseline, candidate }).map(
      ([key, value]): [string, unknown, unknown] => [`summary.run.${key}`, told![key], value],
    ),
  ];
}

/** The last result again while the same judgment is asked about: two checks read one derivation. */
function memo<T extends object, R>(make: (key: T) => R): (key: T) => R {
  let last: { key: T; result: R } | null = null;
  return (key) => (last?.key === key ? last : (last = { key, result: make(key) })).result;
}
