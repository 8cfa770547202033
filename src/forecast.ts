// What will a run ask, cost and be able to see? Told before anything is spent: what is stored or cached is free, tokens
// are averages of earlier runs or characters / 4, a price that is unknown is said and never 0.
import { hasBatches } from './batch.js';
import { paidFor } from './budget.js';
import type { RunConfig } from './config.js';
import { configurationHash } from './configuration.js';
import { earlierAverages } from './forecast/earlier.js';
import { Look, type Unpriced } from './forecast/look.js';
import type { contentOf } from './content.js';
import { BATCH_DISCOUNT, type EndpointSpec, type Models } from './models/index.js';
import { planOf, type Plan } from './plan.js';
import { DOMAINS, type Domain, type Planned, type Role } from './records.js';
import { defaultMargin, detectableEffect, sampleSizeNonInferiority } from './stats/index.js';
import type { Store } from './store/index.js';

/** One model and what it will be asked. Tokens and money are estimates, money in US dollars. */
export interface Asked {
  role: Role | 'judge';
  name: string;
  model: string | null;
  /** Due and not stored; `free` of them are recorded, cached, or answered by rules; the rest are calls. */
  due: number;
  free: number;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  /** Null when the price is unknown. */
  cost_usd: number | null;
  tokens_from: 'earlier runs' | 'characters';
}

interface Detects {
  prompts: number;
  /** Distance from one half found with power 0.8; null when none is. */
  minimum_detectable_effect: number | null;
  margin: number;
  /** Prompts that exclude a loss of the margin when there is none. */
  prompts_for_margin: number;
}

export interface Forecast extends Planned {
  candidate: string;
  /** The run that this configuration goes on with, if there is one. */
  run: string | null;
  asked: Asked[];
  /** Of everything; null when a price is unknown. `known_usd` is the part that is known. */
  cost_usd: number | null;
  known_usd: number;
  price_unknown: string[];
  /** Prompts the estimate was made from. */
  estimated_from: number;
  detects: Partial<Record<Domain, Detects>>;
  /** What the run that goes on has spent of it, and for how many of the prompts that are `open` the rest pays. */
  budget: { budget_usd: number; spent_usd: number; open: number; prompts: number | null } | null;
}

/** Prompts looked at one by one; larger runs are scaled from them. */
const LOOKED_AT = 400;
const WINDOW = 64;

export interface ForecastOptions {
  limit?: number | undefined;
  budget_usd?: number | null | undefined;
  cache: boolean;
  batch: boolean;
  /** Of a second run of the same configuration. */
  again?: boolean | undefined;
  content: Awaited<ReturnType<typeof contentOf>>;
}

export async function forecast(
  config: RunConfig,
  { store, models }: { store: Store; models: Pick<Models, 'price'> },
  options: ForecastOptions,
): Promise<Forecast> {
  const plan = planOf(config, options.limit);
  const [known] =
    options.again === true ? [] : await store.runsOfConfiguration(configurationHash(config, options.content.hashes));
  const look = new Look(config, store, options, known?.id ?? null, await earlierAverages(store));
  // Evenly over the seeded order: a random sample, of which as much is done as of the whole.
  const n = plan.order.length;
  const looked = Math.min(n, LOOKED_AT);
  const seen = Array.from({ length: looked }, (_, i) => plan.order[Math.floor((i * n) / looked)]!);
  for (let i = 0; i < seen.length; i += WINDOW) await look.at(plan, seen.slice(i, i + WINDOW));
  const scale = n / Math.max(1, seen.length);
  const asked = await priced(look.asked(scale), config, models, options.batch);
  const open = Math.round(look.open * scale);

  const unknown = asked.filter(({ cost_usd }) => cost_usd === null);
  const known_usd = asked.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  const cost_usd = unknown.length > 0 ? null : known_usd;
  const spent_usd = known === undefined ? 0 : ((await store.spent(known.id)).cost_usd ?? 0);
  return {
    candidate: config.candidate.name,
    run: known?.id ?? null,
    ...plan.size,
    asked,
    cost_usd,
    known_usd,
    price_unknown: unknown.map(({ name }) => name),
    estimated_from: seen.length,
    detects: detectsOf(config, plan),
    budget:
      typeof options.budget_usd !== 'number'
        ? null
        : {
            budget_usd: options.budget_usd,
            spent_usd,
            open,
            prompts: affordablePrompts(Math.max(0, options.budget_usd - spent_usd), cost_usd, open),
          },
  };
}

/** Prompts a budget pays for, of `n` that cost so much together; null when the cost is unknown. */
function affordablePrompts(budget: number, cost: number | null, n: number): number | null {
  if (cost === null) return null;
  return cost <= budget ? n : Math.floor((n * budget) / cost);
}

function detectsOf(config: RunConfig, plan: Plan): Forecast['detects'] {
  const prompts = new Map<Domain, number>();
  for (const position of plan.order) {
    const { domain } = plan.at(position);
    prompts.set(domain, (prompts.get(domain) ?? 0) + 1);
  }
  const alpha = 1 - config.level;
  const detects: Forecast['detects'] = {};
  for (const domain of DOMAINS) {
    const n = prompts.get(domain);
    if (n === undefined) continue;
    const margin = config.margin[domain] ?? defaultMargin(n);
    detects[domain] = {
      prompts: n,
      minimum_detectable_effect: detectableEffect(n, n, { alpha }),
      margin,
      prompts_for_margin: Math.ceil(sampleSizeNonInferiority(margin, { alpha })!),
    };
  }
  return detects;
}

/** Rows with their money: by token, or by the hour where earlier runs tell how long a call takes. */
async function priced(
  rows: Unpriced[],
  config: RunConfig,
  models: Pick<Models, 'price'>,
  batch: boolean,
): Promise<Asked[]> {
  const specs = new Map(paidFor(config).map(({ role, name, spec }) => [`${role} ${name}`, spec]));
  return Promise.all(
    rows.map(async (unpriced) => {
      const { latency: _, ...row } = unpriced;
      const spec = specs.get(`${row.role} ${row.name}`);
      const halved = batch && row.role === 'judge' && spec !== undefined && hasBatches(spec) ? BATCH_DISCOUNT : 1;
      const cost = row.calls === 0 || spec === undefined ? 0 : await costOf(spec, unpriced, models);
      return { ...row, cost_usd: cost === null ? null : cost * halved };
    }),
  );
}

async function costOf(
  spec: EndpointSpec,
  { calls, input_tokens, output_tokens, latency }: Unpriced,
  models: Pick<Models, 'price'>,
): Promise<number | null> {
  const price = await models.price(spec);
  if (price.per_hour === 0) return 0;
  if (price.per_hour !== null) return latency === null ? null : (price.per_hour * calls * latency) / 3_600_000;
  const one = price.estimate(Math.round(input_tokens / calls), Math.round(output_tokens / calls));
  return one === null ? null : one * calls;
}
