// A budget that several processes spend from: what all of them have spent is looked at just before each call, so that it
// is overshot by at most the calls that the others have under way.
import type { Budget } from './budget.js';
import type { Expected } from './records.js';

/** What is spent, and a guess at what answers cost that did not say so. */
type Spending = Pick<Budget, 'spent_usd' | 'guessed_usd'>;

/** Lets a call out or throws BUDGET_REACHED. Calls that come while a look is under way share the next one. */
export function sharedAdmission(
  budget: Budget,
  spentByAll: () => Promise<Spending>,
): (expected: Expected) => Promise<void> {
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  const look = async (before: Promise<void>): Promise<void> => {
    // One that failed has told those who waited for it.
    await before.catch(() => undefined);
    next = null;
    const { spent_usd, guessed_usd } = await spentByAll();
    budget.spent_usd = Math.max(budget.spent_usd, spent_usd);
    budget.guessed_usd = Math.max(budget.guessed_usd, guessed_usd);
  };
  return async (expected) => {
    if (budget.limit_usd !== null) await (next ??= last = look(last));
    await budget.admit(expected);
  };
}
