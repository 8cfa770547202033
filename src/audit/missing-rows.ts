// Do files of one benchmark cover the same prompts? A row that is dropped silently moves a published rate.
import { type MakeCheck, count, entry, promptKey, startOf } from './check.js';

/** Files that share less than this with the others are another benchmark, or a part of one on purpose. */
const SHARED = 0.5;

interface Benchmark {
  prompts: Map<string, { start: string; file: string; line: number }>;
  files: Map<string, { prompts: Set<string>; fresh: number }>;
}

export const missingRows: MakeCheck = () => {
  const benchmarks = new Map<string, Benchmark>();
  return {
    code: 'MISSING_ROWS',
    see(row, standing) {
      const { judgment, file, line, format } = row;
      if (judgment.canary !== null) return 'outside';
      const benchmark = entry(benchmarks, JSON.stringify([format, judgment.suite]), () => ({
        prompts: new Map(),
        files: new Map(),
      }));
      const key = promptKey(row);
      if (!benchmark.prompts.has(key)) {
        const start = startOf(judgment.prompt ?? judgment.prompt_id, 100);
        benchmark.prompts.set(key, { start, file, line });
      }
      const own = entry(benchmark.files, file, () => ({ prompts: new Set<string>(), fresh: 0 }));
      own.prompts.add(key);
      if (standing !== 'known') own.fresh++;
      return 'sound';
    },
    end: () =>
      [...benchmarks.values()].flatMap(({ prompts, files }) =>
        [...files].flatMap(([file, own]) => {
          // A file that adds nothing is an earlier stage of another one.
          if (own.fresh === 0 || own.prompts.size < SHARED * prompts.size) return [];
          return [...prompts].flatMap(([key, { start, file: other, line }]) =>
            own.prompts.has(key)
              ? []
              : [
                  {
                    severity: 'warning' as const,
                    file,
                    line: null,
                    message: `No row for "${start}", which stands in ${other} line ${line} (${count(own.prompts.size, 'prompt')} here, ${prompts.size} together).`,
                  },
                ],
          );
        }),
      ),
  };
};
