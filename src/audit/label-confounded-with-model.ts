// Does one label always mean one model? Then a judge's liking for a label cannot be told from a liking for the model.
import { type MakeCheck, count, entry } from './check.js';

/** Rows below which a label that follows the order may mean one model by chance. */
const FEWEST = 5;

export const labelConfoundedWithModel: MakeCheck = () => {
  const files = new Map<string, { rows: number; line: number; meanings: Set<string>; orders: Set<string | null> }>();
  return {
    code: 'LABEL_CONFOUNDED_WITH_MODEL',
    see({ labels, judgment, file, line }) {
      if (labels === null) return 'unverifiable';
      const seen = entry(files, file, () => ({ rows: 0, line, meanings: new Set<string>(), orders: new Set() }));
      seen.rows++;
      seen.meanings.add(labels.A);
      seen.orders.add(judgment.order);
      return 'sound';
    },
    end: () =>
      [...files].flatMap(([file, { rows, line, meanings, orders }]) => {
        const varied = orders.size > 1;
        if (meanings.size > 1 || rows < (varied ? 2 : FEWEST)) return [];
        const [role] = meanings;
        const where = varied ? ', whichever was printed first' : ', and the order never changes';
        const message = `A is the ${role} in all ${count(rows, 'row')}${where}: a liking for the label cannot be told from a liking for the model.`;
        return [{ severity: 'warning' as const, file, line, rows, message }];
      }),
  };
};
