// `prompts.csv`: a run for a spreadsheet, one row per prompt with the winner per judge and order, and the score that
// the win rate is the mean of.
import { stringify } from 'csv-stringify/sync';
import { panelIn } from './judges.js';
import { type Due, type Order, ORDERS, type Run } from './records.js';
import type { JudgmentOutline } from './store/judgments.js';

type Asked = Pick<Due, 'judge' | 'order'>;

/**
 * The lines of the sheet, a row at a time.
 * @param stored whom the run holds judgments of, in which orders
 * @param judgments in the order of exports
 */
export async function* sheetOf(
  run: Run,
  stored: readonly Asked[],
  judgments: AsyncIterable<JudgmentOutline>,
): AsyncIterable<string> {
  const sheet = new Sheet(run, stored);
  yield sheet.head();
  for await (const judgment of judgments) yield sheet.take(judgment);
  yield sheet.end();
}

/** A column: what a judge said in an order, null where files do not state it. */
interface Column {
  judge: string;
  order: Order | null;
}

class Sheet {
  private readonly columns: Column[];
  private readonly panel: Set<string>;
  private key: string | null = null;
  private row: string[] = [];
  private cells = new Map<string, string[]>();
  /** By judge and repeat: what the comparison's orders scored; null once one has failed. */
  private comparisons = new Map<string, number[] | null>();

  constructor(run: Run, stored: readonly Asked[]) {
    const judges = [...new Set(stored.map(({ judge }) => judge))].sort();
    this.panel = new Set(panelIn(run, judges));
    this.columns = judges.flatMap((judge) => {
      const orders = new Set(stored.filter((one) => one.judge === judge).map(({ order }) => order));
      const stated = ORDERS.some((order) => orders.has(order)) ? ORDERS : [];
      return [...stated, ...(orders.has(null) ? [null] : [])].map((order) => ({ judge, order }));
    });
  }

  head(): string {
    return csv(['suite', 'domain', 'category', 'prompt_id', 'score', ...this.columns.map(nameOf)]);
  }

  /** Takes judgments in the order of exports; the row of the prompt before when another one begins. */
  take(judgment: JudgmentOutline): string {
    const { suite, domain, category, prompt_id, judge, repeat, score } = judgment;
    if (judgment.canary !== null || judgment.replicate > 0) return '';
    const key = `${suite}\0${prompt_id}`;
    const before = key === this.key ? '' : this.end();
    this.key = key;
    this.row = [suite, domain ?? '', category ?? '', prompt_id];
    const cell = nameOf(judgment);
    this.cells.set(cell, [...(this.cells.get(cell) ?? []), (judgment.winner ?? judgment.failure)!]);
    if (!this.panel.has(judge)) return before;
    const comparison = `${judge}\0${repeat}`;
    const scores = this.comparisons.get(comparison);
    this.comparisons.set(comparison, score === null || scores === null ? null : [...(scores ?? []), score]);
    return before;
  }

  /** The row of the last prompt. */
  end(): string {
    if (this.key === null) return '';
    const scores = [...this.comparisons.values()].filter((each) => each !== null).map(mean);
    const cells = this.columns.map((column) => this.cells.get(nameOf(column))?.join(' ') ?? '');
    const line = csv([...this.row, scores.length === 0 ? '' : mean(scores), ...cells]);
    this.key = null;
    this.cells = new Map();
    this.comparisons = new Map();
    return line;
  }
}

const nameOf = ({ judge, order }: Column): string => (order === null ? judge : `${judge} ${order}`);
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const csv = (row: unknown[]): string => stringify([row], { escape_formulas: true });
