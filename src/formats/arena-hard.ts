// Arena-Hard-Auto judgments, both layouts: `uid` with reply records, and the older `question_id` with reply texts.
// Game 1 shows the baseline as A, game 2 the model. The old reader drops a game with two different labels, the new one
// takes the last.
import type { Order } from '../records.js';
import type { Fields } from './fields.js';
import { comparisonLabel, readComparison, type Said } from './label.js';
import { type Format, type Input, type Row, rowOf, slotLabels, winnerOf } from './row.js';
import { readShown } from './shown.js';
import type { Item } from './source.js';

const ORDERS: Order[] = ['baseline-first', 'candidate-first'];
/** What v0.1 compares with, where its rows do not say. */
const OLD_BASELINE = 'gpt-4-0314';

export const arenaHard: Format = {
  name: 'arena-hard',
  fits: (first) => first.has('games') && first.has('model') && (first.has('uid') || first.has('question_id')),
  async *read(input) {
    for await (const item of input.records()) {
      const games = item.fields.objects('games') ?? [];
      if (games.length === 0 || games.length > 2) throw item.fields.wrong('games', 'must hold one or two games');
      for (const [i, game] of games.entries()) yield readGame(item, input, game, ORDERS[i]!, i + 1);
    }
  },
};

function readGame({ fields, ...at }: Item, input: Input, game: Fields | null, order: Order, number: number): Row {
  const { options } = input;
  const prompt_id = fields.id('uid') ?? fields.id('question_id');
  const judge = options.judge ?? fields.id('judge');
  if (prompt_id === null) throw fields.wrong('uid', 'is missing');
  if (judge === null) throw fields.wrong('judge', 'is missing', 'Name the judge with --judge.');
  const labels = slotLabels(order)!;
  const reply = game && replyOf(game);
  const read: Said =
    reply === null
      ? { said: null, failure: 'unreachable' }
      : readComparison(reply, fields.has('uid') ? 'last' : 'contradictory');
  const label = game?.text('score') ?? null;
  const stated = label === null ? null : comparisonLabel(label);
  const recorded = stated && winnerOf(stated, labels);
  const derived =
    reply === null && recorded !== null
      ? { winner: recorded, failure: null, how: 'recorded' as const }
      : { winner: read.said && winnerOf(read.said, labels), failure: read.failure, how: 'reply' as const };
  const shown = game && readShown(promptOf(game));
  const [baseline, candidate] =
    order === 'baseline-first' ? (['first', 'second'] as const) : (['second', 'first'] as const);
  return rowOf({ fields, ...at }, input, {
    format: 'arena-hard',
    recorded_winner: recorded ?? 'unknown',
    derived,
    labels,
    said: read.said,
    order_source: 'format',
    paired: true,
    extras: { game: number, ...(label === null ? {} : { score: label }), ...fields.scalars(['ans_id', 'tstamp']) },
    judgment: {
      suite: options.suite ?? (fields.has('uid') ? 'arena-hard' : 'arena-hard-v0.1'),
      category: fields.text('category'),
      prompt_id,
      prompt: shown?.question ?? null,
      baseline: options.baseline ?? fields.id('baseline') ?? OLD_BASELINE,
      candidate: options.candidate ?? fields.needId('model'),
      baseline_response: shown?.[baseline] ?? null,
      candidate_response: shown?.[candidate] ?? null,
      judge,
      order,
      reply,
    },
  });
}

/** The judge's text: `judgment` itself, or its `answer`. */
function replyOf(game: Fields): string | null {
  const judgment = game.value('judgment');
  return typeof judgment === 'string' || judgment === null
    ? game.text('judgment')
    : (game.object('judgment')?.text('answer') ?? null);
}

/** The text the judge was sent: `user_prompt`, or the last user message of `prompt`; empty where none was kept. */
function promptOf(game: Fields): string {
  if (game.has('user_prompt')) return game.text('user_prompt') ?? '';
  const user = (game.objects('prompt') ?? []).filter((message) => message?.value('role') === 'user').at(-1);
  return user?.text('content') ?? '';
}
