// The samples of a table's groups: no level, seed or method changes them, so that all questions about a table share them.
import type { Tally } from '../records.js';
import { rowsWhere } from '../tally/rows.js';
import { tableOf, type TallyTable } from '../tally/table.js';
import { orderColumns, wholeColumns, type Columns, type Numbers } from './columns.js';
import { oncePerTable } from './once.js';
import { sampleOf, Scratch, type Sample } from './sample.js';

/** The rows of some judges, ascending. */
export function rowsOfJudges(table: TallyTable, panel: readonly string[]): Int32Array {
  const { judge, judges } = table;
  const own = judges.map((name) => panel.includes(name));
  return rowsWhere(table, (row) => own[judge[row]!]!);
}

/** Columns of all tallies of a table, and of their orders. */
export const allColumns = oncePerTable((table, excludeOrderDependent: boolean) =>
  wholeColumns(table, rowsOfJudges(table, table.judges), excludeOrderDependent),
);
const allOrders = oncePerTable((table) => orderColumns(table, rowsOfJudges(table, table.judges)));

/** What groups are made of: `ordered` columns have a row for each order of a tally. */
type ColumnsOf = (ordered: boolean) => Columns;

export class Samples {
  private readonly scratch: Scratch;
  /** By the rows of the group, which are the same array whenever its columns are parted alike. */
  private readonly known = new WeakMap<Int32Array, Sample>();

  /** `every`: by judge; `main`: the deciding judges together, or their jury. */
  constructor(
    prompts: number,
    private readonly pooled: boolean,
    readonly every: ColumnsOf,
    readonly main: ColumnsOf,
  ) {
    this.scratch = new Scratch(prompts);
  }

  of(columns: Columns, rows: Int32Array, numbers?: () => Numbers): Sample {
    let sample = this.known.get(rows);
    if (sample === undefined) {
      sample = sampleOf(columns, rows, this.scratch, this.pooled, numbers?.());
      this.known.set(rows, sample);
    }
    return sample;
  }
}

/** Samples of a table; `panel` are the judges that decide. */
export const samplesOf = oncePerTable(
  (table, panel: readonly string[], excludeOrderDependent: boolean, pooled: boolean) => {
    const every = everyOf(table, excludeOrderDependent);
    const main = panel.length === table.judges.length ? every : ofPanel(table, panel, excludeOrderDependent);
    return new Samples(table.prompts, pooled, every, main);
  },
);

/** The same where a jury decides: `tallies` are its own, one a prompt. They are new each time, and nothing is kept. */
export function samplesOfJury(
  table: TallyTable,
  panel: readonly string[],
  tallies: readonly Tally[],
  excludeOrderDependent: boolean,
  pooled: boolean,
): Samples {
  const jury = tableOf(tallies);
  const whole = allColumns(jury, excludeOrderDependent);
  const own = ofPanel(table, panel, excludeOrderDependent);
  // By order each judge stands for itself: a jury has no order.
  const main: ColumnsOf = (ordered) => (ordered ? own(true) : whole);
  return new Samples(Math.max(table.prompts, jury.prompts), pooled, everyOf(table, excludeOrderDependent), main);
}

function everyOf(table: TallyTable, excludeOrderDependent: boolean): ColumnsOf {
  return (ordered) => (ordered ? allOrders(table) : allColumns(table, excludeOrderDependent));
}

/** Each made once and only if a grouping asks. */
function ofPanel(table: TallyTable, panel: readonly string[], excludeOrderDependent: boolean): ColumnsOf {
  const rows = rowsOfJudges(table, panel);
  const made: { whole?: Columns; ordered?: Columns } = {};
  return (ordered) =>
    ordered
      ? (made.ordered ??= orderColumns(table, rows))
      : (made.whole ??= wholeColumns(table, rows, excludeOrderDependent));
}
