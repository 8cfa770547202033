// What does the body of a judge prompt file print? Liquid as a pure function of its values: tags and filters that read
// files, the clock or chance are not available, and a fault is said with its place in the file.
import { Liquid, type LiquidError, type Template as Compiled } from 'liquidjs';
import { DoubleblindError, suggest, type ErrorCode } from '../errors.js';
import type { Message } from '../records.js';

/** What the texts part of a template may name. Absent parts are null, so that `{% if reference %}` works. */
export interface TextValues {
  /** The prompt between delimiters of its own; so are `system`, `reference` and each content of `messages`. */
  prompt: string;
  messages: Message[];
  system: string | null;
  reference: string | null;
  first: string;
  second: string;
  open_a: string;
  close_a: string;
  open_b: string;
  close_b: string;
}

export const RUBRIC_VARIABLES = ['criteria', 'scale'];
export const TEXT_VARIABLES = [
  ...['prompt', 'messages', 'system', 'reference', 'first', 'second'],
  ...['open_a', 'close_a', 'open_b', 'close_b'],
];

const liquid = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  memoryLimit: 1e8,
  renderLimit: 5000,
  templates: {},
  // Of dates alone, which no filter prints: left out, it is asked of the machine, which takes as long as reading Liquid.
  locale: 'en-US',
});
for (const tag of ['include', 'render', 'layout', 'block']) Reflect.deleteProperty(liquid.tags, tag);
for (const filter of Object.keys(liquid.filters)) {
  // Stryker disable next-line Regex: no filter but these holds the words
  if (/^(?:sample|date.*)$/.test(filter)) Reflect.deleteProperty(liquid.filters, filter);
}

/** A text that a filter which cuts, escapes, strips or rewrites does not leave as it is. */
const probeOf = (name: string): string =>
  `⟦${name}⟧ <b title="'">Two &amp; two</b>, again\n\n\t${'and so on; '.repeat(2000)}⟦/${name}⟧`;

const PROBE: TextValues = {
  // Stryker disable StringLiteral: the texts differ, whatever their names
  prompt: probeOf('Prompt'),
  messages: [{ role: 'user', content: probeOf('Turn') }],
  system: null,
  reference: null,
  first: probeOf('First'),
  second: probeOf('Second'),
  // Stryker restore StringLiteral
  open_a: '⟦Open-A⟧',
  close_a: '⟦Close-A⟧',
  open_b: '⟦Open-B⟧',
  close_b: '⟦Close-B⟧',
};
/** Renderings that a template must pass before any is sent: without and with the optional parts. */
// Stryker disable next-line StringLiteral: an empty text is there, too
const PROBES: TextValues[] = [PROBE, { ...PROBE, system: probeOf('System'), reference: probeOf('Reference') }];
/** What is printed beside the responses, by variable. */
const BESIDE = { prompt: 'Prompt', messages: 'Turn', system: 'System', reference: 'Reference' } as const;

/** Texts that a template prints as they are. */
const TEXTS = ['prompt', 'system', 'reference', 'first', 'second', 'open_a', 'close_a', 'open_b', 'close_b'] as const;
/** Stands around the place of a text; templates that hold it are printed in full. */
// Stryker disable next-line StringLiteral: every template holds an empty mark
const MARK = '\0';
const TAG = /\{\{[^]*?\}\}|\{%[^]*?%\}/g;
const PRINTS = new RegExp(
  // Stryker disable next-line StringLiteral: a pattern that knows no names prints everything in full
  String.raw`^(?:\{\{-?\s*(?:${TEXTS.join('|')})\s*-?\}\}|\{%-?\s*(?:(?:if|unless)\s+(?:${TEXTS.join('|')})|else|endif|endunless)\s*-?%\})$`,
);

/** Whether a template does no more with texts than to print them and to ask whether they are there. */
// Stryker disable next-line BlockStatement: where it says no, all is printed for every comparison, and is the same
function onlyPrints(body: string): boolean {
  // Stryker disable next-line ConditionalExpression,BooleanLiteral,ArrayDeclaration,ArrowFunction: as above
  return !body.includes(MARK) && (body.match(TAG) ?? []).every((tag) => PRINTS.test(tag));
}

interface Fixed {
  criteria: string[];
  scale: [number, number] | null;
}

/** One part of the body, compiled once; places in errors are those of the file. */
export class Part {
  /** The variables it names, with the first place of each. */
  readonly variables: ReadonlyMap<string, { line: number; column: number }>;
  private readonly compiled: Compiled[];
  /** What it prints around the texts, by which of them are there; null where it does more than print them. */
  private readonly prints: string[][] | null;

  /** @param start 0-based index of the part's first line; `end` is exclusive. */
  constructor(
    lines: string[],
    private readonly start: number,
    end: number,
    private readonly file: string,
    allowed: string[],
  ) {
    const body = lines.slice(start, end).join('\n');
    this.compiled = this.placed(() => liquid.parse(body));
    this.prints = onlyPrints(body) ? [] : null;
    const { globals } = liquid.analyzeSync(this.compiled);
    this.variables = new Map(
      Object.entries(globals).map(([name, [first]]) => {
        const { row, col } = first!.location;
        return [name, { line: row + start, column: col }];
      }),
    );
    for (const name of this.variables.keys()) if (!allowed.includes(name)) this.refuseVariable(name, allowed);
  }

  /** @throws TEMPLATE_UNKNOWN_VARIABLE, TEMPLATE_SYNTAX: for what shows only when values are there. */
  render(fixed: Fixed, values: Partial<TextValues> = {}): string {
    // Stryker disable next-line ConditionalExpression: printed in full, it is the same
    return (this.prints === null ? this.printed(fixed, values) : this.filled(this.prints, fixed, values)).trim();
  }

  private printed(fixed: Fixed, values: Partial<TextValues>): string {
    return this.placed(() => liquid.renderSync(this.compiled, { ...fixed, ...values }) as string);
  }

  /** The same as `printed`, sooner: printed once with names in place of texts, then filled with the texts. */
  private filled(prints: string[][], fixed: Fixed, values: Partial<TextValues>): string {
    // Stryker disable next-line ArithmeticOperator,EqualityOperator: any four numbers will do
    const there = (values.system === null ? 0 : 1) + (values.reference === null ? 0 : 2);
    let parts = prints[there];
    // Stryker disable next-line ConditionalExpression: made anew, the parts are the same
    if (parts === undefined) {
      const names = TEXTS.map((name) => [name, values[name] === null ? null : MARK + name + MARK]);
      parts = prints[there] = this.printed(fixed, { ...values, ...Object.fromEntries(names) }).split(MARK);
    }
    let text = parts[0]!;
    for (let i = 1; i < parts.length; i += 2) text += values[parts[i] as (typeof TEXTS)[number]]! + parts[i + 1]!;
    return text;
  }

  /**
   * Passes when slot A is the text printed first: each response once, whole, right between its delimiters, A before B,
   * and nothing beside them is cut.
   * @throws TEMPLATE_SLOT_MISSING, and as `render`
   */
  checkSlots(fixed: Fixed): void {
    for (const probe of PROBES) {
      const rendered = this.render(fixed, probe);
      const first = this.placeOfSlot(rendered, 'first', 'a');
      const second = this.placeOfSlot(rendered, 'second', 'b');
      // Stryker disable next-line EqualityOperator: two texts never begin at one place
      if (first > second) this.refuseSlot('second', 'must be printed after {{ first }}');
      for (const [variable, name] of Object.entries(BESIDE))
        if (rendered.includes(`⟦${name}⟧`) && !rendered.includes(`⟦/${name}⟧`))
          this.refuseSlot(variable, 'must be printed whole');
    }
  }

  private placeOfSlot(rendered: string, variable: 'first' | 'second', letter: 'a' | 'b'): number {
    const [before, after, ...more] = rendered.split(PROBE[variable]);
    if (after === undefined || more.length > 0) {
      const times = after === undefined ? '' : `; it is printed ${more.length + 1} times`;
      this.refuseSlot(variable, `must be printed once, whole and unaltered${times}`);
    }
    const [open, close] = [PROBE[`open_${letter}`], PROBE[`close_${letter}`]];
    if (!before!.trimEnd().endsWith(open) || !after!.trimStart().startsWith(close)) {
      this.refuseSlot(variable, `must stand right between {{ open_${letter} }} and {{ close_${letter} }}`);
    }
    return before!.length;
  }

  /** Where the variable stands, else where the part begins that lacks it. */
  private refuseSlot(variable: string, rule: string): never {
    throw new DoubleblindError('TEMPLATE_SLOT_MISSING', `{{ ${variable} }} ${rule}.`, {
      file: this.file,
      ...(this.variables.get(variable) ?? { line: this.start + 1, column: 1 }),
      hint:
        variable in BESIDE
          ? `Print {{ ${variable} }} without a filter that cuts it.`
          : 'Print {{ open_a }}, {{ first }}, {{ close_a }}, then {{ open_b }}, {{ second }}, {{ close_b }}.',
    });
  }

  private refuseVariable(name: string, allowed: string[]): never {
    const place = { file: this.file, ...this.variables.get(name) };
    if (TEXT_VARIABLES.includes(name)) {
      const hint = 'The part above "<!-- texts -->" is the same for every comparison; it may name criteria and scale.';
      const message = `variable "${name}" stands above the texts.`;
      throw new DoubleblindError('TEMPLATE_UNKNOWN_VARIABLE', message, { ...place, hint });
    }
    const nearest = suggest(name, allowed);
    const hint = nearest === null ? `Known variables: ${allowed.join(', ')}.` : `Did you mean "${nearest}"?`;
    throw new DoubleblindError('TEMPLATE_UNKNOWN_VARIABLE', `unknown variable "${name}".`, { ...place, hint });
  }

  /** Runs a step of the Liquid engine and turns what it throws into a template error with its place in the file. */
  private placed<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      const { token, originalError, message } = error as LiquidError;
      const [row, column] = token.getPosition() as [number, number];
      const plain = (originalError?.message ?? message).replace(/, line:\d+, col:\d+$/, '');
      const code: ErrorCode = plain.startsWith('undefined variable') ? 'TEMPLATE_UNKNOWN_VARIABLE' : 'TEMPLATE_SYNTAX';
      throw new DoubleblindError(
        code,
        `${plain}.`,
        { file: this.file, line: row + this.start, column },
        { cause: error },
      );
    }
  }
}
