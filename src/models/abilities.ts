// What one model at one endpoint can do, learned from its first real answers and never by a probe: which parameters it
// takes, and how it is made to answer in a given shape (JSON schema, else a forced tool, else plain text).
import { type SdkError, wordsOf } from './failures.js';

export const FORMATS = ['json_schema', 'tool', 'text'] as const;
export type Format = (typeof FORMATS)[number];

/** Parameters that can be left out or renamed; others belong to the question. */
const PARAMETERS = ['temperature', 'top_p', 'seed', 'max_tokens', 'max_completion_tokens'] as const;
type Parameter = (typeof PARAMETERS)[number];

const FORMAT_WORDS = {
  json_schema: /response_format|json_schema|output_config|output_format|structured|guided|grammar|\bschema\b/i,
  tool: /\btools?\b|tool_choice|tool_use|function/i,
  text: null,
};
/** A value out of range is a mistake of the run file, and must not be mended by leaving the parameter out. */
const NOT_TAKEN =
  /unsupported|not (be )?support|does ?n.t support|unrecogni[sz]ed|unknown|unexpected|not (allowed|permitted|accepted|available|valid)|extra (inputs|fields)|deprecated|removed|cannot be used|invalid (parameter|field|argument)|use '?max_completion_tokens/i;

const NOT_TAKEN_STATUS = [400, 404, 422, 501];
/** An error that names a shape is enough to give it up; of empty replies it takes two. */
const ENOUGH_DOUBT = 2;

const below = (shape: Format): Format => FORMATS[FORMATS.indexOf(shape) + 1] ?? 'text';
const saidBy = (error: SdkError): string => [error.param, error.code, wordsOf(error)].filter(Boolean).join(' ');

export class Abilities {
  private readonly without = new Set<Parameter>();
  /** What has been answered to: an error that names it from now on quotes what it was asked. */
  private readonly taken = new Set<string>();
  private renamed = false;
  private format: Format = 'json_schema';
  /** Whether the shape has been answered with text. */
  private proven = false;
  private doubt = 0;

  constructor(
    private readonly where: string,
    private readonly onLearned: (sentence: string) => void,
  ) {}

  /** How a shaped answer is asked for now. */
  get shape(): Format {
    return this.format;
  }

  /** The parameters that this model takes, under the names it takes them. */
  parameters(wanted: Partial<Record<Parameter, number | undefined>>): Record<string, number> {
    const taken: Record<string, number> = {};
    for (const name of PARAMETERS) {
      const value = wanted[name];
      if (value === undefined || this.without.has(name)) continue;
      if (name !== 'max_tokens' || !this.renamed) taken[name] = value;
      else if (!this.without.has('max_completion_tokens')) taken['max_completion_tokens'] = value;
    }
    return taken;
  }

  /** True when an error says that a parameter of this request is not taken: it is worth sending again without it. */
  learn(error: SdkError, parameters: Record<string, unknown>): boolean {
    if (!NOT_TAKEN_STATUS.includes(error.status ?? 0)) return false;
    const said = saidBy(error);
    const refused = PARAMETERS.find(
      (name) =>
        name in parameters && !this.taken.has(name) && new RegExp(`\\b${name}\\b`).test(said) && NOT_TAKEN.test(said),
    );
    if (refused !== undefined) this.leaveOut(refused);
    return refused !== undefined;
  }

  /** A request with these parameters has been answered. */
  took(parameters: Record<string, unknown>): void {
    for (const name in parameters) this.taken.add(name);
  }

  /**
   * The shape in which a unit is to be asked instead, where an error says that this one is not taken; null where it does
   * not, or where this shape is known to work: an error may quote what it was asked. The unit alone tries it, and it
   * becomes the model's when it answers.
   */
  insteadOf(shape: Format, error: SdkError): Format | null {
    if (this.works(shape) || !NOT_TAKEN_STATUS.includes(error.status ?? 0)) return null;
    if (FORMAT_WORDS[shape]?.test(saidBy(error)) !== true) return null;
    this.doubt += ENOUGH_DOUBT;
    return below(shape);
  }

  /**
   * A unit has been answered in a shape: with text, then this shape works, or with nothing. Then this is the shape in
   * which it is to be asked instead; null where there is none.
   */
  answered(shape: Format, empty: boolean): Format | null {
    if (!empty) {
      // One empty reply is an accident as likely as a shape that is ignored.
      while (!this.proven && this.doubt >= ENOUGH_DOUBT && FORMATS.indexOf(shape) > FORMATS.indexOf(this.format))
        this.lower(this.format);
      this.proven ||= shape === this.format;
      return null;
    }
    if (this.works(shape) || shape === 'text') return null;
    this.doubt++;
    return below(shape);
  }

  /** Gives a shape up for all units, as a batch does, which asks no unit by itself. */
  lower(from: Format): void {
    if (from !== this.format || this.works(from)) return;
    this.format = below(from);
    const what = { json_schema: 'a JSON schema', tool: 'a forced tool', text: 'plain text' };
    this.onLearned(`${this.where} does not answer to ${what[from]}; ${what[this.format]} is used instead.`);
  }

  private works(shape: Format): boolean {
    return this.proven && shape === this.format;
  }

  private leaveOut(name: Parameter): void {
    if (name === 'max_tokens' ? this.renamed : this.without.has(name)) return;
    if (name === 'max_tokens') this.renamed = true;
    else this.without.add(name);
    const instead = name === 'max_tokens' ? '`max_completion_tokens` goes out instead' : 'it is left out';
    this.onLearned(`${this.where} does not take \`${name}\`; ${instead}.`);
  }
}
