// What does a judge prompt file ask? Parses `prompts/*.md` (YAML front matter, Liquid body), refuses one that could not
// be presented blind and whole, and says how its reply should look.
import * as z from 'zod';
import { DoubleblindError } from '../errors.js';
import { sha256 } from '../hash.js';
import type { Message } from '../records.js';
import { checked, parseYaml } from '../yaml.js';
import { Part, RUBRIC_VARIABLES, TEXT_VARIABLES, type TextValues } from './liquid.js';

export interface Template {
  name: string;
  /** Names of what is rated; empty when the template asks for a verdict alone. */
  criteria: readonly string[];
  /** Lowest and highest score; null without criteria. */
  scale: readonly [number, number] | null;
  allow_tie: boolean;
  path: string;
  /** The whole file; `hash` is its SHA-256 (hex). */
  text: string;
  hash: string;
  /** The variables that the texts part names. */
  variables: ReadonlySet<string>;
  /** JSON schema of the reply. */
  reply_schema: Record<string, unknown>;
  /** The rubric as system message, the same bytes for every comparison, then the texts as user message. */
  render(values: TextValues): Message[];
}

const headSchema = z
  .strictObject({
    name: z.string().min(1),
    criteria: z
      .array(
        z
          .string()
          .regex(/^[\p{L}\p{N}_ -]+$/u)
          // As a key of plain objects it would not be one of their own.
          .refine((name) => !(name in {}), 'is a name that JavaScript keeps for itself'),
      )
      .default([]),
    scale: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'must begin with the lowest score')
      .nullable()
      .default(null),
    allow_tie: z.boolean().default(true),
  })
  .refine((head) => new Set(head.criteria).size === head.criteria.length, {
    path: ['criteria'],
    error: 'must not name a criterion twice',
  })
  .refine((head) => head.criteria.length === 0 || head.scale !== null, {
    path: ['criteria'],
    error: 'need a scale, such as [1, 5]',
  });

/**
 * The template that a judge prompt file holds. `text` is the file's content, `path` names it in records,
 * `file` in errors.
 * A line `<!-- texts -->` in the body divides the rubric (system message; names only `criteria` and `scale`, so that
 * providers can cache it) from the texts (user message). Without the line the whole body is one user message.
 * @throws TEMPLATE_SYNTAX, TEMPLATE_UNKNOWN_VARIABLE, TEMPLATE_SLOT_MISSING, UNKNOWN_KEY, INVALID_VALUE, YAML_SYNTAX
 */
export function parseTemplate(text: string, path: string, file = path): Template {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end === -1) {
    const hint =
      'A judge prompt file begins with a line "---", its keys (name, criteria, scale, allow_tie), and "---".';
    throw new DoubleblindError('TEMPLATE_SYNTAX', 'no front matter.', { file, line: 1, column: 1, hint });
  }
  // The empty first line stands for the "---", so that places in complaints are those of the file.
  const head = checked(headSchema, parseYaml(['', ...lines.slice(1, end)].join('\n'), file), file);
  const dividers = lines.flatMap((line, i) => (i > end && /^\s*<!--\s*texts\s*-->\s*$/.test(line) ? [i] : []));
  const [divider, second] = dividers;
  if (second !== undefined) {
    const place = { file, line: second + 1, column: 1 };
    throw new DoubleblindError('TEMPLATE_SYNTAX', 'the line "<!-- texts -->" stands twice.', place);
  }
  const fixed = { criteria: head.criteria, scale: head.scale };
  const above = divider === undefined ? null : new Part(lines, end + 1, divider, file, RUBRIC_VARIABLES);
  const texts = new Part(lines, (divider ?? end) + 1, lines.length, file, [...RUBRIC_VARIABLES, ...TEXT_VARIABLES]);
  const rubric: Message[] = above === null ? [] : [{ role: 'system', content: above.render(fixed) }];
  texts.checkSlots(fixed);
  return {
    ...head,
    path,
    text,
    hash: sha256(text),
    variables: new Set(texts.variables.keys()),
    reply_schema: replySchema(head),
    render: (values) => [...rubric, { role: 'user', content: texts.render(fixed, values) }],
  };
}

/**
 * JSON schema of the reply a template asks for: flat, every key required, in the order rationale → quote → scores →
 * verdict, so that a judge reasons before it decides. Bounds stand in descriptions because some endpoints refuse them
 * as keywords.
 */
export function replySchema(template: Pick<Template, 'criteria' | 'scale' | 'allow_tie'>): Record<string, unknown> {
  const { criteria, scale, allow_tie } = template;
  const closed = (properties: Record<string, unknown>): Record<string, unknown> => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  const number = { type: 'number', ...(scale && { description: `${scale[0]} to ${scale[1]}` }) };
  const scores = closed(Object.fromEntries(criteria.map((criterion) => [criterion, number])));
  return closed({
    rationale: { type: 'string', description: 'The reasons that decide, in at most five sentences.' },
    quote: {
      type: 'string',
      description: 'Five to twenty words copied exactly from the preferred response; empty for a tie.',
    },
    ...(criteria.length > 0 && { scores_a: scores, scores_b: scores }),
    verdict: { type: 'string', enum: allow_tie ? ['A', 'B', 'tie'] : ['A', 'B'] },
  });
}
