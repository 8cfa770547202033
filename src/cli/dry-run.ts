// `run --dry-run`: calls, cost and what the size can detect; spends nothing.
import { checkBatch } from '../batch.js';
import { checkBudget } from '../budget.js';
import type { RunConfig } from '../config.js';
import { counted, marginPoints, money, percent, whole } from '../figures.js';
import { forecast, type Forecast } from '../forecast.js';
import { contentOf } from '../content.js';
import { openModels } from '../models/index.js';
import { DOMAINS } from '../records.js';
import { checkRecorded } from '../responses.js';
import type { Store } from '../store/index.js';
import { print, say } from './action.js';
import type { RunFlags } from './run.js';
import { table } from './table.js';
import { columns, paint, plain, wrapped } from './terminal.js';

/** @throws PRICE_UNKNOWN where a budget is set and a price is not known; USAGE for batches that nobody would make */
export async function dryRun(store: Store, configs: RunConfig[], flags: RunFlags): Promise<number> {
  const forecasts: Forecast[] = [];
  for (const config of configs) {
    for (const warning of config.warnings) say(`warning: ${plain(warning.message)}`);
    const budget_usd = flags.budgetUsd ?? config.budget_usd;
    const models = openModels({ env: process.env, prices: config.prices });
    if (budget_usd !== null) await checkBudget(config, models);
    if (flags.batch === true) checkBatch(config, flags.distributed === true);
    const content = await contentOf(config);
    checkRecorded(content.recorded, config, flags.allowMissing === true);
    const cache = flags.cache !== false && flags.fresh !== true;
    const { limit, again, batch = false } = flags;
    const options = { limit, again, budget_usd, cache, batch, content };
    forecasts.push(await forecast(config, { store, models }, options));
    await models.close();
  }
  print(flags, forecasts.length === 1 ? forecasts[0] : { items: forecasts, next_cursor: null }, () =>
    forecasts.map((one) => textOf(one, columns())).join('\n\n'),
  );
  return 0;
}

function textOf(f: Forecast, width: number): string {
  const size = `${counted(f.prompts, 'prompt')}, ${counted(f.judgments, 'judgment')}`;
  return [
    `${paint.bold(plain(f.candidate))}   ${paint.dim(`${size}; nothing is asked or spent`)}`,
    ...(f.run === null ? [] : [paint.dim(`  goes on with run ${f.run}: what it holds is not asked again`)]),
    '',
    ...tableOf(f),
    '',
    ...wrapped(costLine(f), width, 2),
    ...(f.budget === null ? [] : wrapped(budgetLine(f.budget, f.known_usd), width, 2)),
    '',
    ...wrapped(
      'What this size can detect, one verdict a prompt; several judges and both orders see a little more:',
      width,
      2,
    ),
    ...DOMAINS.flatMap((domain) => wrapped(`${domain}: ${detectLine(f.detects[domain])}`, width, 4)),
  ].join('\n');
}

function tableOf({ asked }: Forecast): string[] {
  const right = { right: true };
  return table(
    [
      { title: '' },
      { title: 'who' },
      ...['calls', 'free', 'tokens in', 'tokens out', 'cost'].map((title) => ({ title, ...right })),
    ],
    asked.map((one) => [
      one.role,
      one.name,
      whole(one.calls),
      whole(one.free),
      whole(one.input_tokens),
      whole(one.output_tokens),
      one.calls === 0 ? '$0' : money(one.cost_usd),
    ]),
  );
}

function costLine({ cost_usd, known_usd, price_unknown, asked, estimated_from, prompts }: Forecast): string {
  const from = asked.some(({ calls, tokens_from }) => calls > 0 && tokens_from === 'characters')
    ? 'tokens from characters / 4 and the longest response'
    : 'tokens as in earlier runs';
  const scaled = estimated_from < prompts ? `, from ${counted(estimated_from, 'prompt')}` : '';
  if (cost_usd === 0) return 'cost: $0';
  if (cost_usd !== null) return `cost: about ${money(cost_usd)} (${from}${scaled}; retries come on top)`;
  const rest = known_usd > 0 ? `; the rest about ${money(known_usd)} (${from}${scaled})` : '';
  return `cost: unknown for ${price_unknown.map(plain).join(', ')}${rest}. \`prices:\` in the run file states a price; one by the hour needs an earlier run to tell how long a call takes.`;
}

function budgetLine({ budget_usd, spent_usd, open, prompts }: NonNullable<Forecast['budget']>, known: number): string {
  const rest = counted(open, spent_usd === 0 ? 'prompt' : 'open prompt');
  const all =
    spent_usd === 0 ? money(budget_usd) : `what is left of ${money(budget_usd)} (${money(spent_usd)} is spent)`;
  if (open > 0 && spent_usd >= budget_usd) return `budget: ${money(budget_usd)} is spent; the run asks nothing more`;
  if (prompts === null)
    return known > budget_usd - spent_usd
      ? `budget: ${all} is less than what is known of the cost alone, about ${money(known)}`
      : `budget: how many prompts ${all} pays for is unknown`;
  if (prompts >= open) return `budget: ${all} pays for all ${rest}`;
  return `budget: ${all} pays for about ${whole(prompts)} of ${rest}; the run then stops and can be resumed`;
}

function detectLine(detects: Forecast['detects'][keyof Forecast['detects']]): string {
  if (detects === undefined) return 'not tested';
  const { prompts, minimum_detectable_effect: effect, margin, prompts_for_margin } = detects;
  const rate =
    effect === null
      ? 'nothing at this size'
      : `a win rate of ${percent(0.5 + effect)} % or more, ${percent(0.5 - effect)} % or less`;
  const loss =
    prompts >= prompts_for_margin
      ? `a loss of ${marginPoints(margin)} can be excluded`
      : `excluding a loss of ${marginPoints(margin)} takes ${counted(prompts_for_margin, 'prompt')}`;
  return `${counted(prompts, 'prompt')}: ${rate}; ${loss}`;
}
