// MT-bench pair judgments (FastChat): two games per row, winners already mapped back; game 1 shows model_1 as A, game 2
// swapped; model_2 is the baseline. Votes of people and judges (`model_a`, `model_b`, `winner`) are read too.
// A run that is started again appends, so of rows with one key the one with the latest `tstamp` counts.
import type { Order, Winner } from '../records.js';
import type { Fields } from './fields.js';
import { storable } from '../hash.js';
import { readLetter } from './label.js';
import { type Format, type Input, type Row, rowOf, slotLabels, winnerOf } from './row.js';
import { readShown } from './shown.js';
import type { Item } from './source.js';

const isPair = (fields: Fields): boolean => fields.has('model_1') && fields.has('model_2');
const isVote = (fields: Fields): boolean => fields.has('model_a') && fields.has('model_b') && fields.has('turn');

export const mtBench: Format = {
  name: 'mt-bench',
  fits: (first) =>
    first.has('question_id') && ((isPair(first) && (first.has('g1_winner') || first.has('winner'))) || isVote(first)),
  async *read(input) {
    const latest = await latestRows(input);
    for await (const item of input.records()) {
      const { fields } = item;
      if (isVote(fields)) {
        yield readVote(item, input);
        continue;
      }
      if (!isPair(fields)) throw fields.wrong('model_1', 'and "model_2" are missing');
      const last = latest.get(keyOf(fields))!;
      const superseded = last.line === item.line ? null : last.line;
      if (!fields.has('g1_winner')) yield readGame(item, input, null, superseded);
      else for (const game of [1, 2] as const) yield readGame(item, input, game, superseded);
    }
  },
};

function readGame({ fields, ...at }: Item, input: Input, game: 1 | 2 | null, superseded: number | null): Row {
  const { options } = input;
  const order: Order | null = game === null ? null : game === 1 ? 'candidate-first' : 'baseline-first';
  const labels = slotLabels(order);
  const field = game === null ? 'winner' : `g${game}_winner`;
  const recorded = mapped(fields, field, { model_1: 'candidate', model_2: 'baseline' });
  const reply = game === null ? null : fields.text(`g${game}_judgment`);
  // Judges that grade each answer alone keep two grades and no letter.
  const graded = fields.has('m1_score') && fields.has('m2_score');
  const legible = reply !== null && !graded;
  const read = legible ? readLetter(reply) : { said: null, failure: null };
  const shown = readShown((game === null ? null : fields.text(`g${game}_user_prompt`)) ?? '');
  const [baseline, candidate] =
    order === 'baseline-first' ? (['first', 'second'] as const) : (['second', 'first'] as const);
  return rowOf({ fields, ...at }, input, {
    format: 'mt-bench',
    recorded_winner: recorded,
    derived: legible
      ? { winner: read.said && winnerOf(read.said, labels), failure: read.failure, how: 'reply' }
      : {
          winner: recorded === 'unknown' ? null : recorded,
          failure: reply === null ? 'unreachable' : 'unreadable',
          how: 'recorded',
        },
    labels,
    said: read.said,
    order_source: order === null ? null : 'format',
    paired: order !== null,
    superseded_by: superseded,
    extras: { ...(game === null ? {} : { game }), ...fields.scalars(['turn', 'tstamp']) },
    judgment: {
      ...place(fields, input),
      prompt: shown?.question ?? null,
      baseline: options.baseline ?? fields.needId('model_2'),
      candidate: options.candidate ?? fields.needId('model_1'),
      baseline_response: shown?.[baseline] ?? null,
      candidate_response: shown?.[candidate] ?? null,
      order,
      reply,
      baseline_scores: graded ? { score: fields.number('m2_score')! } : null,
      candidate_scores: graded ? { score: fields.number('m1_score')! } : null,
    },
  });
}

function readVote({ fields, ...at }: Item, input: Input): Row {
  const { options } = input;
  const recorded = mapped(fields, 'winner', { model_a: 'baseline', model_b: 'candidate' });
  const winner = recorded === 'unknown' ? null : recorded;
  return rowOf({ fields, ...at }, input, {
    format: 'mt-bench',
    recorded_winner: recorded,
    derived: { winner, failure: 'unreadable', how: 'recorded' },
    extras: fields.scalars(['turn', 'tstamp']),
    judgment: {
      ...place(fields, input),
      baseline: options.baseline ?? fields.needId('model_a'),
      candidate: options.candidate ?? fields.needId('model_b'),
    },
  });
}

function place(fields: Fields, { options }: Input): { suite: string; prompt_id: string; judge: string } {
  const judge = options.judge ?? judgeOf(fields);
  if (judge === null) throw fields.wrong('judge', 'is missing', 'Name the judge with --judge.');
  return {
    suite: options.suite ?? 'mt-bench',
    prompt_id: `${fields.needId('question_id')}:${fields.number('turn') ?? 1}`,
    judge,
  };
}

/** The model of `[model, prompt name]`, or the name as it stands. The prompt name changes with the category. */
function judgeOf(fields: Fields): string | null {
  const judge = fields.value('judge');
  if (!Array.isArray(judge)) return fields.id('judge');
  if (typeof judge[0] !== 'string') throw fields.wrong('judge', 'must begin with the name of the model');
  return storable(judge[0]);
}

function mapped(fields: Fields, name: string, roles: Record<string, Winner>): Winner | 'unknown' {
  const winner = fields.text(name);
  if (winner === null || winner === 'error') return 'unknown';
  if (/^tie\b/.test(winner)) return 'tie';
  if (Object.hasOwn(roles, winner)) return roles[winner]!;
  throw fields.wrong(name, `must be ${Object.keys(roles).join(', ')}, tie or error`);
}

const keyOf = (fields: Fields): string =>
  JSON.stringify([
    fields.id('question_id'),
    fields.id('model_1'),
    fields.id('model_2'),
    judgeOf(fields),
    fields.number('turn'),
  ]);

/** Key → the line of its latest row; later lines win where `tstamp` is equal or absent. */
async function latestRows(input: Input): Promise<Map<string, { line: number; tstamp: number }>> {
  const latest = new Map<string, { line: number; tstamp: number }>();
  for await (const { fields, line } of input.records()) {
    if (!isPair(fields)) continue;
    const key = keyOf(fields);
    const tstamp = fields.number('tstamp') ?? 0;
    if (tstamp >= (latest.get(key)?.tstamp ?? -Infinity)) latest.set(key, { line, tstamp });
  }
  return latest;
}
