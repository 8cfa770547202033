// What is known of a judge from its certifications, looked up when a run begins; apart from the work of certifying, so that
// no run waits for its statistics.
import type { Certification } from './certification.js';
import type { Judge } from './run-file.js';
import { hashOf } from './hash.js';
import type { Store } from './store/index.js';
import type { JudgeHealth } from './summary.js';

/** Purpose of the runs in which judges are certified. */
export const CERTIFICATION = 'judge_certification';

/** The same judge in the same words: provider, model and judge prompt. */
export function judgeIdentity({ provider, model, extract, template }: Judge): string {
  return hashOf([provider, model ?? null, extract ?? null, template?.split('@').at(-1) ?? null]);
}

/** What the newest certification of each judge found, by the judge's name; empty where none is certified. */
export async function certified(
  store: Store,
  judges: readonly Judge[],
): Promise<Record<string, JudgeHealth['accuracy']>> {
  const results = await store.certifications([...new Set(judges.map(judgeIdentity))]);
  return Object.fromEntries(
    judges.flatMap((judge) => {
      const result = results.get(judgeIdentity(judge)) as Certification | undefined;
      if (result === undefined) return [];
      const { run, consistency, cost_per_correct_usd, accuracy } = result;
      const whole = { certification: { run, consistency, cost_per_correct_usd } };
      const told = accuracy.map((one) => ({
        ...one,
        group: `certified: ${one.group}`,
        ...(one.group === 'all' && whole),
      }));
      return [[judge.name, told]];
    }),
  );
}
