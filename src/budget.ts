// What a run may spend. A call goes out when what is spent, what the calls under way are expected to cost and what it is
// expected to cost itself fit together, so that a budget is crossed by no more than these expectations are wrong.
import type { RunConfig } from './config.js';
import { DoubleblindError } from './errors.js';
import { type EndpointSpec, type Models, tokensIn } from './models/index.js';
import { type Charge, type Expected, ROLES, type Role } from './records.js';
import { sampled } from './responses.js';
import type { Store } from './store/index.js';

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

/** A guess, in dollars, at what so many answers of a run cost that did not say so: from the texts that are stored. */
export function guessing(
  store: Pick<Store, 'unpricedTexts'>,
  models: Pick<Models, 'price'>,
  runId: string,
  config: RunConfig,
): (unpriced: number) => Promise<number> {
  let seen = { answers: 0, usd: 0 };
  const measure = async (answers: number): Promise<void> => {
    const specs = new Map(paidFor(config).map(({ role, name, spec }) => [`${role} ${name}`, spec]));
    let usd = 0;
    for (const { who, records, asked, answered } of await store.unpricedTexts(runId)) {
      const spec = specs.get(who);
      if (spec === undefined || records === 0) continue;
      const template = config.judges.find(({ name }) => who === `judge ${name}`)?.template ?? null;
      const rubric = template === null ? 0 : config.templates[template]!.text.length;
      const price = await models.price(spec);
      usd += records * (price.estimate(tokensIn(rubric + asked / records), tokensIn(answered / records)) ?? 0);
    }
    seen = { answers, usd };
  };
  return async (unpriced) => {
    if (unpriced === 0) return 0;
    // Workers ask before each call: the texts are looked through now and then, and their mean is used meanwhile.
    if (unpriced > seen.answers * 1.2) await measure(unpriced);
    return (seen.usd / seen.answers) * unpriced;
  };
}

export class Budget {
  /** Answers whose price is unknown. */
  unpriced = 0;
  /** Dollars that those of them may have cost whose price by token is known. */
  guessed_usd = 0;
  /** Dollars set aside for what has been handed in and not come back. */
  reserved_usd = 0;
  private underWay = { calls: 0, usd: 0 };
  /** What calls wait for that do not fit yet: the next that comes back. */
  private turn: Promise<void> | null = null;
  private next: (() => void) | null = null;
  constructor(
    /** Null: no limit. */
    readonly limit_usd: number | null,
    public spent_usd: number,
  ) {}

  paid({ cost_usd, guess_usd }: Charge): void {
    if (cost_usd !== null) this.spent_usd += cost_usd;
    else this.unpriced++;
    if (this.limit_usd !== null) this.guessed_usd += guess_usd ?? 0;
  }

  /** Dollars that may still be spent, null without a limit. */
  get left_usd(): number | null {
    return this.limit_usd === null ? null : Math.max(0, this.limit_usd - this.charged_usd);
  }

  /** What is charged against the limit: what is known to be spent, and the guess at the rest. */
  get charged_usd(): number {
    return this.spent_usd + this.guessed_usd;
  }

  /** @throws BUDGET_REACHED */
  check(): void {
    if (!this.fits(0) || this.left_usd === 0) throw budgetReached(this);
  }

  /**
   * Lets a call out once it fits, which may take until calls under way have come back cheaper than expected.
   * @throws BUDGET_REACHED when it does not fit and none is under way
   */
  admit(expected: Expected): void | Promise<void> {
    if (this.limit_usd === null) return;
    const { calls, usd } = this.underWay;
    // What is only guessed holds calls back while others are under way, and stops nothing by itself.
    const fits = this.fits(usd + (calls > 0 || expected.known ? expected.usd : 0)) && this.left_usd! > 0;
    if (fits) {
      this.underWay = { calls: calls + 1, usd: usd + expected.usd };
      return;
    }
    if (calls === 0) throw budgetReached(this);
    // Whoever comes back is paid for by then, too.
    this.turn ??= new Promise((resolve) => (this.next = () => setImmediate(resolve)));
    return this.turn.then(() => this.admit(expected));
  }

  /** A call that was let out is no longer under way. */
  returned({ usd }: Expected): void {
    if (this.limit_usd === null) return;
    const calls = this.underWay.calls - 1;
    this.underWay = { calls, usd: calls === 0 ? 0 : this.underWay.usd - usd };
    this.next?.();
    this.next = this.turn = null;
  }

  /** Whether so much more can be spent, beside what is set aside. */
  fits(usd: number): boolean {
    return this.limit_usd === null || this.charged_usd + this.reserved_usd + usd <= this.limit_usd;
  }
}

export function budgetReached({ limit_usd, spent_usd, guessed_usd, reserved_usd }: Budget): DoubleblindError {
  const guessed = guessed_usd > 0 ? `, about $${guessed_usd.toFixed(2)} on answers that do not say what they used` : '';
  const reserved = reserved_usd > 0 ? `, $${reserved_usd.toFixed(2)} set aside for open batches` : '';
  return new DoubleblindError(
    'BUDGET_REACHED',
    `the budget of $${limit_usd} is reached ($${spent_usd.toFixed(2)} spent${guessed}${reserved}).`,
    { hint: 'What was judged is kept; go on with a larger --budget-usd.' },
  );
}
