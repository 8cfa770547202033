// JudgeBench outputs: pairs with a known right answer, each judged in both orders. The second game shows the texts
// swapped, and its decision is in the terms of what it showed. `response_A` stands in the baseline's place here.
import type { Order, Winner } from '../records.js';
import type { Fields } from './fields.js';
import { comparisonLabel, readComparison } from './label.js';
import { type Format, type Input, type Row, rowOf, slotLabels, winnerOf } from './row.js';
import { readShown } from './shown.js';
import type { Item } from './source.js';

const ORDERS: Order[] = ['baseline-first', 'candidate-first'];

export const judgebench: Format = {
  name: 'judgebench',
  fits: (first) => ['pair_id', 'response_A', 'response_B', 'judgments'].every((name) => first.knows(name)),
  async *read(input) {
    for await (const item of input.records()) {
      const games = item.fields.objects('judgments') ?? [];
      if (games.length > 2) throw item.fields.wrong('judgments', 'must hold at most two games');
      for (const [i, game] of games.entries()) yield readGame(item, input, game, ORDERS[i]!, i + 1);
    }
  },
};

function readGame({ fields, ...at }: Item, input: Input, game: Fields | null, swapped: Order, number: number): Row {
  const { options } = input;
  const [a, b] = [fields.need('response_A'), fields.need('response_B')];
  const judgment = game?.object('judgment') ?? null;
  const reply = judgment?.text('response') ?? null;
  const order = shownOrder(judgment?.text('prompt') ?? null, a, b) ?? swapped;
  const labels = slotLabels(order)!;
  const decision = game?.text('decision') ?? null;
  const stated = decision === null ? null : comparisonLabel(decision);
  if (decision !== null && stated === null) throw game!.wrong('decision', 'must be A>B, B>A or A=B');
  const recorded = stated && winnerOf(stated, labels);
  // Judges other than Arena-Hard's answer in their own ways; their decision is taken as stated.
  const legible = reply !== null && (fields.text('judge_name') === 'arena_hard' || reply.includes('[['));
  const { said, failure } = legible ? readComparison(reply, 'contradictory') : { said: stated, failure: null };
  const model = judgment?.id('judge_model') ?? null;
  const judge = options.judge ?? model ?? judgeOfName(input.file);
  return rowOf({ fields, ...at }, input, {
    format: 'judgebench',
    recorded_winner: recorded ?? 'unknown',
    derived: {
      winner: said && winnerOf(said, labels),
      failure: failure ?? (reply === null ? 'unreachable' : 'unreadable'),
      how: legible ? 'reply' : 'recorded',
    },
    labels,
    said,
    order_source: 'format',
    paired: true,
    judge_doubt: options.judge === undefined ? doubtOf(input.file, model) : null,
    truth: { winner: truthOf(fields), group: groupOf(fields.text('source') ?? '') },
    extras: { game: number, ...fields.scalars(['pair_id', 'source', 'label', 'response_model']) },
    judgment: {
      suite: options.suite ?? 'judgebench',
      category: fields.text('source'),
      prompt_id: fields.needId('pair_id'),
      prompt: fields.need('question'),
      baseline: options.baseline ?? 'response_A',
      candidate: options.candidate ?? 'response_B',
      baseline_response: a,
      candidate_response: b,
      judge,
      judge_model: model,
      order,
      reply,
    },
  });
}

/** The order in which the kept prompt shows the two texts; null where it does not tell. */
function shownOrder(prompt: string | null, a: string, b: string): Order | null {
  const shown = prompt === null || a === b ? null : readShown(prompt);
  if (shown?.first.trim() === a.trim() && shown.second.trim() === b.trim()) return 'baseline-first';
  return shown?.first.trim() === b.trim() && shown.second.trim() === a.trim() ? 'candidate-first' : null;
}

function truthOf(fields: Fields): Winner {
  const label = comparisonLabel(fields.need('label'));
  if (label === null || label === 'tie') throw fields.wrong('label', 'must be A>B or B>A');
  return label === 'A' ? 'baseline' : 'candidate';
}

/** The benchmark's own four groups. */
export function groupOf(source: string): string {
  const groups: Record<string, string> = {
    'livebench-reasoning': 'reasoning',
    'livebench-math': 'math',
    livecodebench: 'coding',
  };
  return source.startsWith('mmlu-pro') ? 'knowledge' : (groups[source] ?? source);
}

const judgeOfName = (file: string): string => /judge_model=(.+?)\.jsonl/.exec(file)?.[1] ?? 'unrecorded';

function doubtOf(file: string, model: string | null): string | null {
  const named = judgeOfName(file);
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (
    named === 'unrecorded' ||
    model === null ||
    plain(model).endsWith(plain(named)) ||
    plain(named).endsWith(plain(model))
  )
    return null;
  return `the file name says ${named}, the row ${model}`;
}
