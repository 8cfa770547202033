// What does a run still have to ask? Prompt by prompt: what is stored, recorded, cached or answered by a rule is free,
// the rest is counted with the tokens it will take.
import type { RunConfig } from '../config.js';
import type { Judge } from '../run-file.js';
import type { Asked, ForecastOptions } from '../forecast.js';
import { codePoints } from '../hash.js';
import { judgmentKey, presentationOf, textsOf } from '../judgment.js';
import type { Plan, PlannedPrompt, Unit } from '../plan.js';
import { type Response, ROLES, type Role } from '../records.js';
import { messagesFor, responseKey, sampled } from '../responses.js';
import { judgmentId } from '../store/judgment-writes.js';
import type { Store } from '../store/index.js';
import type { Earlier } from './earlier.js';

const CHARACTERS_PER_TOKEN = 4;
/** Where nothing is known: a verdict with its rationale and quote, and a response without `max_tokens`. */
const VERDICT_TOKENS = 300;
const RESPONSE_TOKENS = 512;

/** A row without its money; `latency` in milliseconds, where earlier runs tell how long a call is under way. */
export interface Unpriced extends Omit<Asked, 'cost_usd'> {
  latency: number | null;
}

interface Sum {
  due: number;
  free: number;
  input: number;
  output: number;
  /** Milliseconds a call is under way, where earlier runs tell. */
  latency: number | null;
  from: Asked['tokens_from'];
}

/** Looks at prompts one by one: what is there already, what a rule answers, what must be asked. */
export class Look {
  private readonly sums = new Map<string, Sum>();
  /** Prompts of which something is still to be had. */
  open = 0;

  constructor(
    private readonly config: RunConfig,
    private readonly store: Store,
    private readonly options: ForecastOptions,
    private readonly run: string | null,
    private readonly earlier: Earlier,
  ) {
    for (const role of ROLES) this.sums.set(role, this.start('checkpoint', config[role].model ?? '', null));
    for (const { name, model = '', template } of config.judges)
      this.sums.set(`judge ${name}`, this.start('judge', model, template));
  }

  private start(kind: 'judge' | 'checkpoint', model: string, template: string | null): Sum {
    const average = this.earlier(kind, model, template);
    const from = average === null ? 'characters' : 'earlier runs';
    return { due: 0, free: 0, input: 0, output: 0, latency: average?.latency_ms ?? null, from };
  }

  /** Rows of what was seen, scaled to the whole plan. */
  asked(scale: number): Unpriced[] {
    const row = (role: Asked['role'], name: string, model: string | undefined, sum: Sum) => {
      const due = Math.round(sum.due * scale);
      const free = Math.round(sum.free * scale);
      const [input_tokens, output_tokens] = [Math.round(sum.input * scale), Math.round(sum.output * scale)];
      const { latency, from: tokens_from } = sum;
      return {
        role,
        name,
        model: model ?? null,
        due,
        free,
        calls: due - free,
        input_tokens,
        output_tokens,
        tokens_from,
        latency,
      };
    };
    return [
      ...ROLES.map((role) => row(role, this.config[role].name, this.config[role].model, this.sums.get(role)!)),
      ...this.config.judges.map(({ name, model }) => row('judge', name, model, this.sums.get(`judge ${name}`)!)),
    ];
  }

  private get due(): number {
    return [...this.sums.values()].reduce((sum, { due }) => sum + due, 0);
  }

  async at(plan: Plan, positions: number[]): Promise<void> {
    const stored = this.run === null ? [] : await this.store.responsesAt(this.run, positions);
    const responses = stored.filter(({ state }) => state === 'answered');
    const states = this.run === null ? new Map<string, string>() : await this.store.judgmentStates(this.run, positions);
    for (const position of positions) {
      const planned = plan.at(position);
      const own = responses.filter((response) => response.position === position);
      const texts = new Map<number, Record<Role, string | null>>();
      const before = this.due;
      for (let repeat = 0; repeat < this.config.sampling.repeats; repeat++) {
        const [baseline, candidate] = await Promise.all(ROLES.map((role) => this.response(role, planned, repeat, own)));
        texts.set(repeat, { baseline: baseline!, candidate: candidate! });
      }
      for (const unit of plan.units(position)) {
        if (this.run !== null && states.has(judgmentId({ run_id: this.run, ...unit }))) continue;
        await this.judgment(unit, planned, texts.get(unit.repeat)!);
      }
      if (this.due > before) this.open++;
    }
  }

  /** The text of a response that is there already, else null; counts it when it must be asked. */
  private async response(role: Role, planned: PlannedPrompt, repeat: number, own: Response[]): Promise<string | null> {
    const sum = this.sums.get(role)!;
    const stored = own.find((response) => response.role === role && response.repeat === repeat);
    if (stored !== undefined) return stored.response;
    const checkpoint = this.config[role];
    const { suite, prompt } = planned;
    if (checkpoint.provider === 'recorded') {
      const found = this.options.content.recorded[role]?.find({ ...prompt, suite }, repeat);
      if (found !== undefined) {
        sum.due++;
        sum.free++;
      }
      return found?.text ?? null;
    }
    sum.due++;
    const digest = this.options.content.digests[role];
    const key = responseKey(checkpoint, this.config.sampling, prompt, repeat, digest);
    const kept = key === null || !this.options.cache ? null : await this.store.cached(key);
    if (kept !== null) {
      sum.free++;
      return kept.text;
    }
    const average = this.earlier('checkpoint', checkpoint.model ?? '', null);
    sum.input += tokensOf(messagesFor(prompt).map(({ content }) => content)) + tokensOf([checkpoint.system ?? '']);
    sum.output += average?.output_tokens ?? this.longest(role);
    return null;
  }

  private longest(role: Role): number {
    return sampled(this.config[role], this.config.sampling).max_tokens ?? RESPONSE_TOKENS;
  }

  private async judgment(unit: Unit, planned: PlannedPrompt, texts: Record<Role, string | null>): Promise<void> {
    const judge: Judge = this.config.judges.find(({ name }) => name === unit.judge)!;
    const sum = this.sums.get(`judge ${unit.judge}`)!;
    sum.due++;
    if (judge.provider === 'offline' || judge.provider === 'reference') {
      sum.free++;
      return;
    }
    // A response that is not there yet stands in as a text of the length it is expected to have.
    const of = (role: Role) => ({ response: texts[role] ?? 'x'.repeat(CHARACTERS_PER_TOKEN * this.expected(role)) });
    const shown = textsOf(unit, { baseline: of('baseline'), candidate: of('candidate') });
    const template = judge.template === null ? null : this.config.templates[judge.template]!;
    const { messages, reply_schema, slots } = presentationOf(
      template,
      planned.prompt,
      shown,
      unit.order,
      this.config.seed,
    );
    if (this.options.cache && texts.baseline !== null && texts.candidate !== null) {
      const key = judgmentKey(unit, judge, { messages, repeat: unit.repeat, reply_schema, slots });
      if (key !== null && (await this.store.cached(key)) !== null) {
        sum.free++;
        return;
      }
    }
    const average = this.earlier('judge', judge.model ?? '', judge.template);
    sum.input += average?.input_tokens ?? tokensOf(messages.map(({ content }) => content));
    sum.output += average?.output_tokens ?? Math.min(judge.max_tokens ?? Infinity, VERDICT_TOKENS);
  }

  private expected(role: Role): number {
    const average = this.earlier('checkpoint', this.config[role].model ?? '', null);
    return Math.round(average?.output_tokens ?? this.longest(role));
  }
}

const tokensOf = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((sum, text) => sum + codePoints(text), 0) / CHARACTERS_PER_TOKEN);
