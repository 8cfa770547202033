// A judge without a model: the answer is extracted from each response and compared with the prompt's reference. One
// alone right wins, both or neither is a tie. Free, and a truth to hold LLM judges against.
import * as z from 'zod';
import type { Answer, Ask, Verdict } from '../records.js';
import { ruleAnswer } from './offline.js';

export const extractSchema = z.union([
  z.enum(['number', 'choice', 'exact']),
  z.strictObject({
    regex: z.string().refine((source) => compiled(source) !== null, 'is not a regular expression'),
  }),
]);
export type Extract = z.infer<typeof extractSchema>;

/** The reply of a reference judge. `first` and `second` are slots, as printed; an answer is null where none is found. */
export interface ReferenceReply {
  rationale: string;
  first_extracted: string | null;
  second_extracted: string | null;
  first_right: boolean;
  second_right: boolean;
  verdict: Verdict;
}

/** The reply for a presentation whose prompt has a reference, as JSON. */
export function referenceAnswer(extract: Extract, ask: Ask): Answer {
  const slots = ask.slots;
  if (slots === undefined || slots.reference === null)
    throw new TypeError('a reference judge needs slots with a reference');
  const [first, second] = [extracted(slots.first, extract), extracted(slots.second, extract)];
  const wanted = extracted(slots.reference, extract) ?? normalised(slots.reference);
  const [first_right, second_right] = [isRight(first, wanted, extract), isRight(second, wanted, extract)];
  const said = (answer: string | null, right: boolean): string =>
    answer === null ? 'holds no answer' : `answers ${answer}, which is ${right ? 'right' : 'wrong'}`;
  const reply: ReferenceReply = {
    rationale: `The reference is ${wanted}. The first ${said(first, first_right)}; the second ${said(second, second_right)}.`,
    first_extracted: first,
    second_extracted: second,
    first_right,
    second_right,
    verdict: first_right === second_right ? 'tie' : first_right ? 'A' : 'B',
  };
  return ruleAnswer(JSON.stringify(reply));
}

const NUMBER = /[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?:\s*\/\s*\d+)?%?/gi;
/** Where an answer is announced; what stands behind the last of these counts before anything else. */
const ANNOUNCED = /(?:####|\\boxed\{|\b(?:final\s+)?answer(?:\s+is)?\s*[:=]?|\btherefore\b|=)\s*\**\$?\s*/gi;

/** The answer in a text, in one canonical spelling; null where there is none. */
export function extracted(text: string, extract: Extract): string | null {
  if (extract === 'exact') return normalised(text) || null;
  if (extract === 'number') return numberIn(text);
  if (extract === 'choice') return choiceIn(text);
  const matches = [...text.matchAll(compiled(extract.regex)!)];
  const last = matches.at(-1);
  return last === undefined ? null : normalised(last[1] ?? last[0]) || null;
}

/** The number announced last (`#### 42`, `answer: 42`, `= 42`), else the last one in the text. */
function numberIn(text: string): string | null {
  let announced: string | null = null;
  for (const match of text.matchAll(ANNOUNCED)) {
    NUMBER.lastIndex = match.index + match[0].length;
    const found = NUMBER.exec(text);
    if (found?.index === match.index + match[0].length) announced = found[0];
  }
  NUMBER.lastIndex = 0;
  const spelled = announced ?? text.match(NUMBER)?.at(-1);
  return spelled === undefined ? null : canonicalNumber(spelled);
}

function canonicalNumber(spelled: string): string {
  const plain = spelled.replace(/[,\s%]/g, '').replace('−', '-');
  const [above, below] = plain.split('/');
  const value = below === undefined ? Number(above) : Number(above) / Number(below);
  return Number.isFinite(value) ? String(value) : plain;
}

/** The letter of a choice: announced (`answer: (B)`), alone, in brackets, or at the start of a line. */
function choiceIn(text: string): string | null {
  const announced = [...text.matchAll(/\b(?:answer|choice|option)(?:\s+is)?\s*[:=]?\s*\**\(?([A-J])\b\)?/gi)].at(-1);
  const alone = /^\W*([A-J])\W*$/i.exec(text.trim());
  const bracketed = [...text.matchAll(/\(([A-J])\)/g)].at(-1);
  const leading = /^\s*\**([A-J])[).:]/m.exec(text);
  return (announced ?? alone ?? bracketed ?? leading)?.[1]?.toUpperCase() ?? null;
}

function isRight(answer: string | null, wanted: string, extract: Extract): boolean {
  if (answer === null) return false;
  if (extract !== 'number') return answer === wanted;
  const [a, b] = [Number(answer), Number(wanted)];
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
}

/** Letter case, white space, outer punctuation and markup do not make an answer another one. */
function normalised(text: string): string {
  const plain = text.normalize('NFKC').replace(/\s+/g, ' ').trim().toLowerCase();
  return plain.replace(/^[\s"'“”‘’*`$([{]+|[\s"'“”‘’*`$.!,;:)\]}]+$/g, '');
}

function compiled(source: string): RegExp | null {
  try {
    return new RegExp(source, 'gimu');
  } catch {
    return null;
  }
}
