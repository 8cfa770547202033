// YAML (and JSON, which is YAML) as plain data with the place of every value, and a schema check whose one line of
// complaint stands at that place and names the nearest valid key or choice.
import {
  Lexer,
  LineCounter,
  Parser,
  isMap,
  isNode,
  isScalar,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import type { z } from 'zod';
import { DoubleblindError, suggest } from './errors.js';
import { parseJsonLine } from './jsonl.js';

export interface Position {
  /** 1-based. */
  line: number;
  column: number;
}
type Path = readonly PropertyKey[];

export interface ParsedYaml {
  /** Plain data: maps, lists, strings, numbers, booleans, null. Null for an empty file. */
  value: unknown;
  /** Where the value at a path stands; where the innermost map or list around it starts when there is no such value. */
  at(path: Path): Position;
  /** Where the key at the end of a path stands. */
  keyAt(path: Path): Position;
  /** What the whole is called in a complaint. */
  whole: string;
}

/**
 * A value that was not written as YAML but stands on a line of a file, such as a row. With the JSON it was read from,
 * its parts have their places, which are looked for when something is at fault.
 */
export function onLine(value: unknown, line: number, json = '', whole = 'the row'): OnLine {
  return new OnLine(value, line, json, whole);
}

/** One for each row of a file: its methods are not made anew. */
class OnLine implements ParsedYaml {
  constructor(
    readonly value: unknown,
    readonly line: number,
    private readonly json: string,
    readonly whole: string,
  ) {}

  at(path: Path): Position {
    return this.onFile(placesOf(this.json).at(path));
  }

  keyAt(path: Path): Position {
    return this.onFile(placesOf(this.json).keyAt(path));
  }

  private onFile({ line, column }: Position): Position {
    return { line: this.line + line - 1, column };
  }
}

/** The places in a JSON text; the first of all in one so long or nested so deep that its composer would not return. */
function placesOf(json: string): Pick<ParsedYaml, 'at' | 'keyAt'> {
  const start = (): Position => ({ line: 1, column: 1 });
  if (json.length > 1_000_000) return { at: start, keyAt: start };
  try {
    const document = parseDocument(json, { stringKeys: true, prettyErrors: false });
    return lookup(document, placesIn(json));
  } catch {
    return { at: start, keyAt: start };
  }
}

function lookup(document: Document.Parsed, place: (offset: number) => Position): Pick<ParsedYaml, 'at' | 'keyAt'> {
  return {
    at: (path) => place(nearestNode(document, path)?.range?.[0] ?? 0),
    keyAt: (path) => place(keyNode(document, path)?.range?.[0] ?? nearestNode(document, path)?.range?.[0] ?? 0),
  };
}

/** The line and column of offsets in a text. */
export function placesIn(text: string): (offset: number) => Position {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return (offset) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line, column: col };
  };
}

/** The part of a document at a path, as a document of its own. */
export function within(document: ParsedYaml, path: Path): ParsedYaml {
  return {
    value: valueAt(document.value, path),
    at: (rest) => document.at([...path, ...rest]),
    keyAt: (rest) => document.keyAt([...path, ...rest]),
    whole: name(path) || document.whole,
  };
}

/** Deeper nesting is refused before the composer, which is recursive, meets it. */
const DEPTH_LIMIT = 100;

/**
 * The data of one YAML document with its positions. Keys are strings; duplicate keys, unknown tags, several documents
 * and aliases that multiply or contain themselves are refused.
 * @throws YAML_SYNTAX; JSON_SYNTAX for a file of that name
 */
export function parseYaml(text: string, file: string): ParsedYaml {
  const isJson = /\.json$/i.test(file);
  if (isJson) parseJsonLine(text, file);
  const place = placesIn(text);
  const fail = (message: string, offset: number): never => {
    const at = { file, ...place(offset) };
    throw isJson
      ? new DoubleblindError('JSON_SYNTAX', `not valid JSON: ${message}`, at)
      : new DoubleblindError('YAML_SYNTAX', `not valid YAML: ${message}`, at);
  };
  const depth = deepest(text);
  if (depth > DEPTH_LIMIT) fail(`nested deeper than ${DEPTH_LIMIT} levels`, 0);
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) fail(plainly(fault.code, fault.message), fault.pos[0]);
  let value: unknown = null;
  try {
    value = document.toJS();
    JSON.stringify(value);
  } catch (error) {
    // Aliases: unresolved, multiplying beyond the parser's limit, or inside what they stand for.
    const message = error instanceof TypeError ? 'an alias stands inside its own anchor' : (error as Error).message;
    fail(message, faultyAlias(document));
  }
  return {
    value,
    ...lookup(document, place),
    whole: 'the file',
  };
}

/** The offset of the first alias that stands for nothing or for what is around it; else of the last one. */
function faultyAlias(document: Document.Parsed): number {
  let offset = 0;
  visit(document, {
    Alias(_key, alias, around) {
      offset = alias.range?.[0] ?? 0;
      const meant = alias.resolve(document);
      return meant === undefined || around.includes(meant) ? visit.BREAK : undefined;
    },
  });
  return offset;
}

function deepest(text: string): number {
  const parser = new Parser();
  let depth = 0;
  for (const lexeme of new Lexer().lex(text)) {
    // The parser is a generator of finished documents; it is drained for its stack only.
    for (const _ of parser.next(lexeme));
    depth = Math.max(depth, parser.stack.length);
  }
  return depth;
}

function plainly(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the same key stands twice in one map';
  if (code === 'MULTIPLE_DOCS') return 'the file holds several documents (a second "---")';
  if (code === 'NON_STRING_KEY') return 'a key must be a word, not a map, list or alias';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function nearestNode(document: Document.Parsed, path: Path): Node | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents;
}

function keyNode(document: Document.Parsed, path: Path): Node | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return null;
  const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1));
  return isNode(pair?.key) ? pair.key : null;
}

/**
 * The document's value, or what was made of it, as the schema gives it (defaults filled in).
 * @throws UNKNOWN_KEY, INVALID_VALUE: one complaint, unknown keys first (a mistyped key also leaves one missing), then
 * the first in the file.
 */
export function checked<S extends z.ZodType>(
  schema: S,
  document: ParsedYaml,
  file: string,
  value: unknown = document.value,
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const complaints = result.error.issues.map(intoUnion).map((issue) => complaint(schema, document, value, file, issue));
  const rank = (error: DoubleblindError): number =>
    (error.code === 'UNKNOWN_KEY' ? 0 : 1e15) + error.place.line! * 1e6 + error.place.column!;
  throw complaints.reduce((first, other) => (rank(other) < rank(first) ? other : first));
}

type Issue = z.core.$ZodIssue;

/**
 * For a union none of whose forms fits: a complaint of the form that fits best, if one fits at its root. An unknown key
 * is named first, as it also leaves one missing.
 */
function intoUnion(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const without = (...codes: Issue['code'][]): Issue[][] =>
    issue.errors.filter((issues) => !issues.some(({ code, path }) => path.length === 0 && codes.includes(code)));
  const byKind = without('invalid_type', 'invalid_value');
  const forms = byKind.length > 0 ? byKind : without('invalid_type');
  const best = forms.sort((a, b) => a.length - b.length)[0];
  const first = best?.find(({ code }) => code === 'unrecognized_keys') ?? best?.[0];
  return first === undefined ? issue : intoUnion({ ...first, path: [...issue.path, ...first.path] });
}

function complaint(
  schema: z.ZodType,
  document: ParsedYaml,
  whole: unknown,
  file: string,
  issue: Issue,
): DoubleblindError {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const known = keysAt(schema, path);
    const near = suggest(key!, known);
    const hint = near === null ? `Valid keys: ${known.join(', ')}.` : `Did you mean "${near}"?`;
    const where = path.length === 0 ? '' : ` in ${name(path)}`;
    const message = `unknown key "${key}"${where}.`;
    return new DoubleblindError('UNKNOWN_KEY', message, { file, ...document.keyAt([...path, key!]), hint });
  }
  const value = valueAt(whole, path);
  const { message, hint } = describe(issue, value);
  const full = `${name(path) || document.whole} ${value === undefined ? 'is missing' : message}${hint && '.'}`;
  return new DoubleblindError('INVALID_VALUE', full, { file, ...document.at(path), ...(hint && { hint }) });
}

function describe(issue: Issue, value: unknown): { message: string; hint: string } {
  const found =
    value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : shown(value);
  if (issue.code === 'invalid_type') {
    const quotes = issue.expected === 'string' && ['number', 'boolean'].includes(typeof value);
    return {
      message: `must be ${KINDS[issue.expected] ?? issue.expected}, not ${found}`,
      hint: quotes ? 'Put it in quotes.' : '',
    };
  }
  const choices =
    issue.code === 'invalid_value'
      ? issue.values
      : issue.code === 'invalid_union' && 'options' in issue
        ? issue.options
        : undefined;
  if (choices !== undefined) {
    const near = typeof value === 'string' ? suggest(value, choices.map(String)) : null;
    const message = `must be ${choices.map(shown).join(' or ')}, not ${found}`;
    return { message, hint: near === null ? '' : `Did you mean "${near}"?` };
  }
  if (issue.code === 'invalid_union') {
    const kinds = issue.errors
      .flat()
      .flatMap((inner) => (inner.code === 'invalid_type' ? [KINDS[inner.expected] ?? inner.expected] : []));
    return { message: `must be ${[...new Set(kinds)].join(' or ')}, not ${found}`, hint: '' };
  }
  const rule = ruleOf(issue);
  if (rule !== null)
    return { message: `${rule}${Array.isArray(value) || value === '' ? '' : `, not ${found}`}`, hint: '' };
  if (issue.code === 'custom') return { message: issue.message, hint: '' };
  return { message: `is ${found}: ${issue.message.replace(/^[^:]*: /, '')}`, hint: '' };
}

/** What a bound or an address asks for; null for any other rule. */
function ruleOf(issue: Issue): string | null {
  if (issue.code === 'invalid_format' && issue.format === 'url')
    return 'must be an address that begins with http:// or https://';
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return null;
  if (issue.origin === 'array' || issue.origin === 'string')
    return issue.code === 'too_small' ? 'must not be empty' : null;
  const least = issue.code === 'too_small';
  const bound = least ? issue.minimum : issue.maximum;
  const open = issue.inclusive === false;
  return `must be ${open ? (least ? 'more than' : 'less than') : least ? 'at least' : 'at most'} ${bound}`;
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  null: 'empty',
};

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inside, step) => (inside as Record<PropertyKey, unknown> | null)?.[step], value);

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** `judges[0].model`; empty for the whole. */
function name(path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '');
}

/** The keys of a record that takes only some. */
function namesIn(schema: z.core.$ZodType): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'enum' ? Object.values(def.entries).map(String) : [];
}

/** The keys a schema knows at a path; those of all forms where a union stands on the way. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [step, ...rest] = path;
  switch (def.type) {
    case 'object': {
      if (step === undefined) return Object.keys(def.shape);
      const inner = def.shape[step as string];
      return inner === undefined ? [] : keysAt(inner, rest);
    }
    case 'array':
      return step === undefined ? [] : keysAt(def.element, rest);
    case 'record':
      return step === undefined ? namesIn(def.keyType) : keysAt(def.valueType, rest);
    case 'union':
      return [...new Set(def.options.flatMap((option) => keysAt(option, path)))];
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return keysAt(def.innerType, path);
    case 'pipe':
      return keysAt(def.in, path);
    default:
      return [];
  }
}
