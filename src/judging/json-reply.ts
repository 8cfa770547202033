// Which JSON object in a reply carries the verdict? Whole reply, code fence, or one object inside prose; with the two
// faults that JSON.parse hides: an object that is cut off, and one key written twice with different values.

export type Found =
  | { kind: 'object'; value: Record<string, unknown>; where: string; rest: string }
  | { kind: 'none' }
  | { kind: 'cut' }
  | { kind: 'broken'; reason: string }
  | { kind: 'contradictory'; reason: string };

/** Strings, whose braces and colons do not count, and the marks that give an object its shape. */
const TOKEN = /"(?:[^"\\]|\\[^])*"|[{}:]/g;
const OPENING = /\{\s*"/g;
/** Openings that never close, after which a reply is given up: each costs a look at the rest of the text. */
const MAX_UNCLOSED = 16;
const KEY = /"(?:rationale|quote|scores_a|scores_b|verdict)"\s*:/;

/**
 * The object with a `verdict`, where it stood, and the text around it. Several such objects are one only when they name
 * the same verdict. An object that mentions a key of the reply but cannot be parsed is never passed over.
 */
export function findObject(text: string): Found {
  const objects: { value: Record<string, unknown>; start: number; end: number }[] = [];
  let unclosed = 0;
  OPENING.lastIndex = 0;
  for (let opening = OPENING.exec(text); opening !== null; opening = OPENING.exec(text)) {
    const start = opening.index;
    const end = closing(text, start);
    const source = text.slice(start, end ?? undefined);
    if (end === null) {
      if (KEY.test(source)) return { kind: 'cut' };
      if (++unclosed > MAX_UNCLOSED) return { kind: 'broken', reason: 'the reply is full of braces that never close' };
      // An opening brace in prose; a real object may still follow it.
      continue;
    }
    OPENING.lastIndex = end;
    const value = parse(source);
    if (value === null) {
      if (KEY.test(source)) return { kind: 'broken', reason: 'the reply is not valid JSON' };
      continue;
    }
    if (!Object.hasOwn(value, 'verdict')) continue;
    if (mayRepeat(source) && verdictsOf(source).size > 1) {
      return { kind: 'contradictory', reason: 'the key "verdict" stands twice with other values' };
    }
    objects.push({ value, start, end });
  }
  const [first, ...others] = objects;
  if (first === undefined) return { kind: 'none' };
  if (others.some(({ value }) => named(value) !== named(first.value))) {
    return { kind: 'contradictory', reason: 'several JSON objects name different verdicts' };
  }
  // The last one is what the judge ends on; earlier ones with the same verdict are drafts.
  const { value, start, end } = others.at(-1) ?? first;
  const before = text.slice(0, start);
  const after = text.slice(end);
  const fenced = /```\w*$/.test(before.trimEnd()) && after.trimStart().startsWith('```');
  const where =
    before.trim() === '' && after.trim() === '' ? 'JSON' : fenced ? 'JSON in a code fence' : 'JSON in prose';
  return { kind: 'object', value, where, rest: `${before}\n${after}` };
}

/** The verdict an object names, letter case aside. */
function named({ verdict }: Record<string, unknown>): unknown {
  // Stryker disable next-line MethodExpression: in capitals it is the same
  return typeof verdict === 'string' ? verdict.trim().toLowerCase() : verdict;
}

/** Where the object that opens at `start` ends (exclusive), or null when it never closes. */
function closing(text: string, start: number): number | null {
  // Stryker disable next-line all: the same end, found at once where nothing follows the object
  if (text.trimEnd().endsWith('}') && parse(text.slice(start)) !== null) return text.trimEnd().length;
  let depth = 0;
  for (const token of tokens(text, start)) {
    if (token[0] === '{') depth++;
    if (token[0] === '}') depth--;
    if (depth === 0) return token.index + 1;
  }
  return null;
}

function parse(source: string): Record<string, unknown> | null {
  try {
    return JSON.parse(source) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Whether the key may stand in an object a second time, be it in escapes. */
function mayRepeat(source: string): boolean {
  // Stryker disable next-line all: a look at every key finds one alone where there is one alone
  return source.indexOf('verdict') !== source.lastIndexOf('verdict') || source.includes('\\u');
}

/** What follows each `verdict` key of the object itself: JSON.parse keeps the last one silently. */
function verdictsOf(source: string): Set<string> {
  const verdicts = new Set<string>();
  const marks = Array.from(tokens(source, 0), ([mark]) => mark);
  let depth = 0;
  marks.forEach((mark, i) => {
    if (mark === '{') depth++;
    if (mark === '}') depth--;
    if (depth === 1 && mark === ':' && JSON.parse(marks[i - 1]!) === 'verdict') verdicts.add(marks[i + 1]!);
  });
  return verdicts;
}

function* tokens(text: string, start: number): Generator<RegExpExecArray> {
  const scan = new RegExp(TOKEN);
  scan.lastIndex = start;
  for (let token = scan.exec(text); token !== null; token = scan.exec(text)) yield token;
}
