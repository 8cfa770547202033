// Does the same pair of texts stand more than once? Rows are then not independent, and what the judge said of the same
// pair shows whether it agrees with itself.
import type { Row } from '../formats/index.js';
import type { Winner } from '../records.js';
import { type MakeCheck, count, entry, keyOf, promptKey, some } from './check.js';

interface Counted {
  rows: number;
  prompts: Set<string>;
  pairs: Map<string, { line: number; winner: Winner | null }>;
  again: string[];
  judgedTwice: number;
  agreed: number;
  known: number[];
  superseded: string[];
}

export const duplicateComparison: MakeCheck = () => {
  const files = new Map<string, Counted>();
  const start = (): Counted => ({
    rows: 0, prompts: new Set(), pairs: new Map(), again: [], judgedTwice: 0, agreed: 0, known: [], superseded: [],
  }); // prettier-ignore
  return {
    code: 'DUPLICATE_COMPARISON',
    see(row, standing) {
      const { judgment, file, line } = row;
      if (judgment.canary !== null || judgment.replicate > 0) return 'outside';
      const seen = entry(files, file, start);
      if (row.superseded_by !== null) {
        seen.superseded.push(`${line} by ${row.superseded_by}`);
        return 'sound';
      }
      seen.rows++;
      seen.prompts.add(promptKey(row));
      if (standing === 'known') seen.known.push(line);
      const pair = pairOf(row);
      if (pair === null) return 'unverifiable';
      const earlier = seen.pairs.get(pair);
      const { winner } = row.derived;
      if (earlier === undefined) seen.pairs.set(pair, { line, winner });
      else {
        seen.again.push(`${earlier.line} and ${line}`);
        if (earlier.winner !== null && winner !== null) {
          seen.judgedTwice++;
          if (earlier.winner === winner) seen.agreed++;
        }
      }
      return 'sound';
    },
    end: () =>
      [...files].flatMap(([file, seen]) => {
        const { again, known, superseded, judgedTwice, agreed } = seen;
        const itself = judgedTwice === 0 ? '' : ` The judge agrees with itself on ${agreed} of ${judgedTwice}.`;
        const found = [];
        if (again.length > 0)
          found.push({
            severity: 'warning' as const,
            file,
            line: Number(again[0]!.split(' ').at(-1)),
            rows: again.length,
            message: `${count(seen.rows, 'row')} are ${count(seen.pairs.size, 'pair')} and ${count(seen.prompts.size, 'prompt')}: ${again.length} repeat an earlier pair (rows ${some(again, 20)}).${itself}`,
          });
        if (known.length > 0)
          found.push({
            severity: 'note' as const,
            file,
            line: known[0]!,
            rows: known.length,
            message: `${known.length} of ${count(seen.rows, 'row')} stand already in an earlier file or line and are counted once.`,
          });
        if (superseded.length > 0)
          found.push({
            severity: 'warning' as const,
            file,
            line: Number.parseInt(superseded[0]!, 10),
            rows: superseded.length,
            message: `${count(superseded.length, 'row')} are replaced by later ones with the same key (line ${some(superseded)}); the latest counts.`,
          });
        return found;
      }),
  };
};

/** The pair that one judge saw; where the format shows each pair in both orders, the two are one comparison. */
function pairOf(row: Row): string | null {
  const { baseline_response, candidate_response, judge, order } = row.judgment;
  if (baseline_response === null || candidate_response === null) return null;
  return keyOf(promptKey(row), baseline_response, candidate_response, judge, row.paired ? order : null);
}
