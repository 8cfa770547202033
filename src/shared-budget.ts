// A budget that several processes spend from: what all of them have spent is looked at just before each call, so that it
// is overshot by at most the calls that are under way anywhere.
import type { Budget } from './budget.js';

/** Lets a call out or throws BUDGET_REACHED. Calls that come while a look is under way share the next one. */
export function sharedAdmission(budget: Budget, spentByAll: () => Promise<number>): () => Promise<void> {
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  const look = async (before: Promise<void>): Promise<void> => {
    // One that failed has told those who waited for it.
    await before.catch(() => undefined);
    next = null;
    budget.spent_usd = Math.max(budget.spent_usd, await spentByAll());
  };
  return async () => {
    if (budget.limit_usd !== null) await (next ??= last = look(last));
    budget.admit();
  };
}
