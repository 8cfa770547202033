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

export class Abilities {
  private readonly without = new Set<Parameter>();
  private renamed = false;
  private format: Format = 'json_schema';
  private proven = false;

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

  /**
   * True when an error says that something in this request is not taken: the request is worth sending again, changed.
   * `shape`: how an answer's shape was asked for in it, null where none was.
   */
  learn(error: SdkError, parameters: Record<string, unknown>, shape: Format | null): boolean {
    if (![400, 404, 422, 501].includes(error.status ?? 0)) return false;
    const said = [error.param, error.code, wordsOf(error)].filter(Boolean).join(' ');
    for (const name of PARAMETERS) {
      if (!(name in parameters) || !new RegExp(`\\b${name}\\b`).test(said) || !NOT_TAKEN.test(said)) continue;
      this.leaveOut(name);
      return true;
    }
    if (shape !== null && (FORMAT_WORDS[shape]?.test(said) ?? false)) {
      this.fallBack(shape);
      return true;
    }
    return false;
  }

  /** A shaped answer has come with text (then the shape is known to work) or empty: true when it is worth asking in another shape. */
  answered(shape: Format, empty: boolean): boolean {
    if (!empty) this.proven ||= shape === this.format;
    if (!empty || this.proven || shape === 'text') return false;
    this.fallBack(shape);
    return true;
  }

  private leaveOut(name: Parameter): void {
    if (name === 'max_tokens' ? this.renamed : this.without.has(name)) return;
    if (name === 'max_tokens') this.renamed = true;
    else this.without.add(name);
    const instead = name === 'max_tokens' ? '`max_completion_tokens` goes out instead' : 'it is left out';
    this.onLearned(`${this.where} does not take \`${name}\`; ${instead}.`);
  }

  private fallBack(from: Format): void {
    if (from !== this.format) return;
    this.format = FORMATS[FORMATS.indexOf(from) + 1] ?? 'text';
    const what = { json_schema: 'a JSON schema', tool: 'a forced tool', text: 'plain text' };
    this.onLearned(`${this.where} does not answer to ${what[from]}; ${what[this.format]} is used instead.`);
  }
}
