// Is the judge that the rows name the one that judged them? Files that were judged again keep the earlier name.
import { type MakeCheck, count, entry, some } from './check.js';

export const staleJudgeName: MakeCheck = () => {
  const files = new Map<string, { rows: number; lines: number[]; reason: string }>();
  return {
    code: 'STALE_JUDGE_NAME',
    see({ judge_doubt, file, line }) {
      const seen = entry(files, file, () => ({ rows: 0, lines: [] as number[], reason: '' }));
      seen.rows++;
      if (judge_doubt !== null) {
        seen.lines.push(line);
        seen.reason ||= judge_doubt;
      }
      return 'sound';
    },
    end: () =>
      [...files].flatMap(([file, { rows, lines, reason }]) => {
        if (lines.length === 0) return [];
        const where =
          lines.length === rows
            ? `all ${count(rows, 'row')}`
            : `${lines.length} of ${count(rows, 'row')} (${some(lines)})`;
        const message = `The judge's name is left over from another judge in ${where}: ${reason}.`;
        return [{ severity: 'warning' as const, file, line: lines[0]!, rows: lines.length, message }];
      }),
  };
};
