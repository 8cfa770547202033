// What a table alone decides, whatever level or seed is asked for beside it, is made once and kept with the table.
import type { TallyTable } from '../tally/table.js';

/** Answers kept of one table: beside the usual panel of judges there is room for another one. */
const MOST = 2;

/**
 * The same function, which gives what it gave before for the same table and words. That is safe since a table is never
 * changed once it is made: whatever differs is another table.
 */
export function oncePerTable<Words extends readonly (boolean | readonly string[])[], T>(
  make: (table: TallyTable, ...words: Words) => T,
): (table: TallyTable, ...words: Words) => T {
  const made = new WeakMap<TallyTable, Map<string, T>>();
  return (table, ...words) => {
    let known = made.get(table);
    if (known === undefined) made.set(table, (known = new Map()));
    const key = JSON.stringify(words);
    if (!known.has(key)) {
      const [oldest] = known.keys();
      if (known.size === MOST) known.delete(oldest!);
      known.set(key, make(table, ...words));
    }
    return known.get(key)!;
  };
}
