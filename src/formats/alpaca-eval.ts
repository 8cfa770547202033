// AlpacaEval annotations: `output_1` is the baseline's, `output_2` the model's, `preference` − 1 the model's score.
// Which text the judge saw first is no field: it follows from the log-probabilities of `m` (first) and `M` (second),
// from `referenced_models`, or from the seed (alpaca-order.ts).
import { basename, dirname } from 'node:path';
import { promptHash } from '../hash.js';
import type { Order, Verdict, Winner } from '../records.js';
import { seededOrder } from './alpaca-order.js';
import type { Fields } from './fields.js';
import { type Format, type Input, type OrderSource, type Row, rowOf, slotLabels } from './row.js';
import type { Item } from './source.js';

/** A stated preference and the one that follows from the log-probabilities are equal up to the digits files keep. */
const TOLERANCE = 1e-4;
/** Records read ahead to see whether the seed draws the order of this file. */
const AHEAD = 200;

export const alpacaEval: Format = {
  name: 'alpaca-eval',
  fits: (first) => ['instruction', 'output_1', 'output_2', 'preference'].every((name) => first.knows(name)),
  async *read(input) {
    const seeded = await seedHolds(input);
    for await (const item of input.records()) yield readRow(item, input, seeded);
  },
};

function readRow({ fields, ...at }: Item, input: Input, seeded: boolean): Row {
  const { options, file } = input;
  const instruction = fields.need('instruction');
  const raw = fields.has('raw_completion') ? 'raw_completion' : 'preference_raw_completion';
  const stated = preferenceOf(fields);
  const first = firstShare(fields, raw);
  const found = orderOf(fields, instruction, stated, first, seeded);
  const preference = found.preference ?? stated;
  const how = first !== null && stated !== null ? 'log-probabilities' : 'recorded';
  const reply = replyOf(fields, raw);
  const judge = options.judge ?? fields.id('annotator');
  if (judge === null) throw fields.wrong('annotator', 'is missing', 'Name the judge with --judge.');
  const winner = winnerOfPreference(found.contradictory ? null : preference);
  return rowOf({ fields, ...at }, input, {
    format: 'alpaca-eval',
    recorded_winner: winnerOfPreference(stated) ?? 'unknown',
    recorded_score: stated === null ? null : stated - 1,
    derived: {
      winner,
      failure: found.contradictory ? 'contradictory' : reply === null ? 'unreachable' : 'unreadable',
      how,
    },
    ...(winner !== null && preference !== null ? { score: preference - 1 } : {}),
    labels: slotLabels(found.order),
    said: first === null ? null : saidOf(first),
    order_source: found.source,
    extras: fields.scalars(['preference', 'glm_preference']),
    judgment: {
      suite: options.suite ?? 'alpaca_eval',
      category: fields.text('dataset'),
      prompt_id: promptHash(instruction).slice(0, 12),
      prompt: instruction,
      baseline: options.baseline ?? fields.id('generator_1') ?? 'baseline',
      candidate: options.candidate ?? fields.id('generator_2') ?? modelOf(file),
      baseline_response: fields.text('output_1'),
      candidate_response: fields.text('output_2'),
      judge,
      order: found.order,
      reply,
      cost_usd: positive(fields, 'price_per_example', 'preference_price_per_example'),
      latency_ms: times(positive(fields, 'time_per_example', 'preference_time_per_example'), 1000),
      judged_at: null,
    },
  });
}

/** The stated preference in [1, 2]; 0 is how old files write a draw, −1 and null a missing one. */
function preferenceOf(fields: Fields): number | null {
  const preference = fields.number('preference');
  if (preference === null || preference === -1) return null;
  if (preference === 0) return 1.5;
  if (preference < 1 || preference > 2) throw fields.wrong('preference', 'must lie in [1, 2] (0: draw, -1: missing)');
  return preference;
}

const winnerOfPreference = (preference: number | null): Winner | null =>
  preference === null ? null : preference > 1.5 ? 'candidate' : preference < 1.5 ? 'baseline' : 'tie';
const saidOf = (first: number): Verdict => (first > 0.5 ? 'A' : first < 0.5 ? 'B' : 'tie');
const preferenceUnder = (order: Order, first: number): number => (order === 'baseline-first' ? 2 - first : 1 + first);

interface FoundOrder {
  order: Order | null;
  source: OrderSource | null;
  /** The preference that follows from the log-probabilities, where it is not the stated one. */
  preference?: number;
  /** The stated preference follows from the log-probabilities under neither order, and no seed decides. */
  contradictory?: boolean;
}

function orderOf(
  fields: Fields,
  instruction: string,
  stated: number | null,
  first: number | null,
  seeded: boolean,
): FoundOrder {
  const referenced = fields.has('referenced_models') ? fields.object('referenced_models')?.text('m') : null;
  if (referenced === 'output_1' || referenced === 'output_2')
    return { order: referenced === 'output_1' ? 'baseline-first' : 'candidate-first', source: 'referenced-models' };
  const drawn = seededOrder(instruction);
  if (first === null || stated === null) return { order: drawn, source: 'seed' };
  const fit = orderByShare(stated, first);
  if (seeded && (fit === null || fit !== drawn) && Math.abs(preferenceUnder(drawn, first) - stated) > TOLERANCE)
    return { order: drawn, source: 'seed', preference: preferenceUnder(drawn, first) };
  if (fit !== null) return { order: fit, source: 'log-probabilities' };
  const close = Math.abs(preferenceUnder(drawn, first) - stated) <= TOLERANCE;
  return close ? { order: drawn, source: 'seed' } : { order: null, source: null, contradictory: true };
}

/** The order under which the stated preference follows from the share of `m`; null where neither or both do. */
function orderByShare(stated: number, first: number): Order | null {
  const fits = (['baseline-first', 'candidate-first'] as const).filter(
    (order) => Math.abs(preferenceUnder(order, first) - stated) <= TOLERANCE,
  );
  return fits.length === 1 ? fits[0]! : null;
}

/** p(m) / (p(m) + p(M)) of the first token: how far the judge prefers the text shown first. Null where not kept. */
function firstShare(fields: Fields, raw: string): number | null {
  if (typeof fields.value(raw) !== 'object') return null;
  const content = fields.object(raw)?.value('logprobs') as { content?: unknown } | null;
  const token = Array.isArray(content?.content) ? (content.content[0] as { top_logprobs?: unknown } | null) : null;
  const top = Array.isArray(token?.top_logprobs) ? token.top_logprobs : [];
  const p = (name: string): number => {
    const entry = (top as ({ token?: unknown; logprob?: unknown } | null)[]).find((t) => t?.token === name);
    return typeof entry?.logprob === 'number' ? Math.exp(entry.logprob) : 0;
  };
  const [m, M] = [p('m'), p('M')];
  return m + M > 0 && Number.isFinite(m + M) ? m / (m + M) : null;
}

/** What the judge wrote, verbatim. */
function replyOf(fields: Fields, raw: string): string | null {
  if (typeof fields.value(raw) === 'string') return fields.text(raw);
  const completion = fields.object(raw);
  const message = completion?.value('message') as { content?: unknown } | null;
  return typeof message?.content === 'string' ? message.content : (completion?.text('text') ?? null);
}

/** Whether seed 0 draws the order that the log-probabilities show, on the first rows that have them. */
async function seedHolds(input: Input): Promise<boolean> {
  let agree = 0;
  let known = 0;
  for await (const { fields, row } of input.records()) {
    if (row > AHEAD) break;
    const [stated, first] = [preferenceOf(fields), firstShare(fields, 'raw_completion')];
    const order = stated === null || first === null ? null : orderByShare(stated, first);
    if (order === null) continue;
    known++;
    if (order === seededOrder(fields.need('instruction'))) agree++;
  }
  // A chance draw agrees in half of the rows: 9 of 10 in at least 10 rows is no chance (p < 0.011).
  return known >= 10 && agree >= 0.9 * known;
}

/** The model a file is about, from `<model>/<annotator>/annotations.json` or `<model>.annotations.json`. */
function modelOf(file: string): string {
  const stem = basename(file)
    .replace(/\.gz$/i, '')
    .replace(/\.json$/i, '')
    .replace(/\.annotations$/i, '');
  return stem === 'annotations' ? basename(dirname(dirname(file))) || 'candidate' : stem;
}

function positive(fields: Fields, ...names: string[]): number | null {
  const name = names.find((n) => fields.has(n));
  const value = name === undefined ? null : fields.number(name);
  return value !== null && value >= 0 ? value : null;
}

const times = (value: number | null, factor: number): number | null => (value === null ? null : value * factor);
