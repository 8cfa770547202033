// What a run may spend. Checked just before each call, so that it is overshot by at most the calls under way.
import type { RunConfig } from './config.js';
import { DoubleblindError } from './errors.js';
import type { EndpointSpec, Models } from './models/index.js';
import { ROLES, type Role } from './records.js';
import { sampled } from './responses.js';

/** A model that is asked for money. */
export interface Paid {
  role: Role | 'judge';
  name: string;
  spec: EndpointSpec;
}

/** Whom a run asks for money, with the spec each is asked with; recorded responses and rules cost nothing. */
export function paidFor(
  config: RunConfig,
  { roles = ROLES, judges = true }: { roles?: readonly Role[] | undefined; judges?: boolean } = {},
): Paid[] {
  const asked: Paid[] = [
    ...roles.map((role) => ({ role, name: config[role].name, spec: sampled(config[role], config.sampling) })),
    ...(judges ? config.judges.map((judge) => ({ role: 'judge' as const, name: judge.name, spec: judge })) : []),
  ];
  return asked.filter(({ spec: { provider } }) => provider === 'openai' || provider === 'anthropic');
}

/**
 * A budget holds only where every price is known.
 * @throws PRICE_UNKNOWN naming the first whose price is not
 */
export async function checkBudget(
  config: RunConfig,
  models: Pick<Models, 'price'>,
  asked?: Parameters<typeof paidFor>[1],
): Promise<void> {
  for (const { role, name, spec } of paidFor(config, asked)) {
    const price = await models.price(spec);
    if (price.per_hour !== null || price.estimate(1, 1) !== null) continue;
    throw new DoubleblindError(
      'PRICE_UNKNOWN',
      `the price of the ${role} "${name}" (${spec.model}) is unknown, so that no budget can be kept.`,
      {
        ...(role === 'judge' ? config.places?.judges[name] : config.places?.[role]),
        hint: `State it in the run file: \`prices: {${JSON.stringify(spec.model)}: {input_usd_per_mtok: …, output_usd_per_mtok: …}}\`, or \`usd_per_hour\` beside the model; 0 is a price.`,
      },
    );
  }
}

export class Budget {
  /** Answers whose price is unknown. */
  unpriced = 0;
  /** Dollars set aside for what has been handed in and not come back. */
  reserved_usd = 0;
  constructor(
    /** Null: no limit. */
    readonly limit_usd: number | null,
    public spent_usd: number,
  ) {}

  paid(cost: number | null): void {
    if (cost === null) this.unpriced++;
    else this.spent_usd += cost;
  }

  /** Dollars that may still be spent, null without a limit. */
  get left_usd(): number | null {
    return this.limit_usd === null ? null : Math.max(0, this.limit_usd - this.spent_usd);
  }

  /** @throws BUDGET_REACHED */
  admit(): void {
    if (!this.fits(0) || this.left_usd === 0) throw budgetReached(this);
  }

  /** Whether so much more can be spent, beside what is set aside. */
  fits(usd: number): boolean {
    return this.limit_usd === null || this.spent_usd + this.reserved_usd + usd <= this.limit_usd;
  }
}

export function budgetReached({ limit_usd, spent_usd, reserved_usd }: Budget): DoubleblindError {
  const reserved = reserved_usd > 0 ? `, $${reserved_usd.toFixed(2)} set aside for open batches` : '';
  return new DoubleblindError(
    'BUDGET_REACHED',
    `the budget of $${limit_usd} is reached ($${spent_usd.toFixed(2)} spent${reserved}).`,
    { hint: 'What was judged is kept; go on with a larger --budget-usd.' },
  );
}
