// A judge that is a handful of rules: for trying the tool without a key, never for claims about a checkpoint. It reads
// nothing but the two texts, the prompt and the reference, and gives the same reply for the same texts.
import type { Answer, Ask, Slots, Verdict } from '../records.js';

export const OFFLINE_VARIANTS = ['plain', 'strict'] as const;
export type OfflineVariant = (typeof OFFLINE_VARIANTS)[number];

/** The rules, as shown to people wherever results of this judge stand. */
export const OFFLINE_RULES = `The offline judge is a set of rules and not a model; its verdicts are for trying the tool, not for claims.
It gives each text points for: words of the prompt it takes up, different words rather than the same ones, sentences that are
concrete (a number, an example, a quotation, a name), and the reference answer where there is one. It takes points away for
sentences that would fit any prompt ("it is important to …"), for sentences said twice, for words addressed to a judge, for
chat-template debris, and for an end in mid-sentence. Texts within a small margin are a tie.
plain: takes up the prompt first, and knows no order.
strict: concrete sentences first, harder on repetition and damage; it favours the text printed first by a little, so that
judging in both orders has something to show.`;

interface Weights {
  relevance: number;
  variety: number;
  concrete: number;
  filler: number;
  repetition: number;
  damage: number;
  /** Added to the text printed first. */
  first: number;
  /** Differences up to this are a tie. */
  margin: number;
}

const WEIGHTS: Record<OfflineVariant, Weights> = {
  plain: {
    relevance: 0.3,
    variety: 0.3,
    concrete: 0.2,
    filler: 0.5,
    repetition: 0.5,
    damage: 0.5,
    first: 0,
    margin: 0.05,
  },
  strict: {
    relevance: 0.2,
    variety: 0.3,
    concrete: 0.4,
    filler: 0.6,
    repetition: 0.8,
    damage: 0.6,
    first: 0.02,
    margin: 0.03,
  },
};

/**
 * The reply of a variant, in the JSON a real judge is asked for: rationale, quote, scores where the schema wants them,
 * verdict.
 */
export function offlineAnswer(variant: OfflineVariant, ask: Ask): Answer {
  if (ask.slots === undefined) throw new TypeError('the offline judge needs the slots of the presentation');
  return ruleAnswer(JSON.stringify(judge(variant, ask.slots, ask.reply_schema)));
}

/** An answer that cost nothing and took no time. */
export function ruleAnswer(text: string): Answer {
  return {
    text,
    stop_reason: 'end',
    model_served: null,
    input_tokens: null,
    output_tokens: null,
    cached_tokens: null,
    cost_usd: 0,
    latency_ms: 0,
    attempts: 1,
  };
}

function judge(variant: OfflineVariant, slots: Slots, schema: Record<string, unknown> = {}): Record<string, unknown> {
  const weights = WEIGHTS[variant];
  const [a, b] = [look(slots.first, slots), look(slots.second, slots)];
  const [pointsA, pointsB] = [points(a, weights) + weights.first, points(b, weights)];
  const difference = pointsA - pointsB;
  const verdict: Verdict = Math.abs(difference) <= weights.margin ? 'tie' : difference > 0 ? 'A' : 'B';
  const [better, worse] = difference > 0 ? [a, b] : [b, a];
  return {
    rationale:
      verdict === 'tie'
        ? 'Neither text is ahead: both take up the prompt and say about as much.'
        : `The better text ${reasons(better, worse)}.`,
    quote: verdict === 'tie' ? '' : quoteFrom(verdict === 'A' ? slots.first : slots.second),
    ...scores(schema, pointsA, pointsB),
    verdict,
  };
}

/** What the rules see in one text; shares are 0 to 1. */
interface Look {
  right: boolean;
  relevance: number;
  variety: number;
  concrete: number;
  filler: number;
  repetition: number;
  damage: number;
}

const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;
const DEBRIS = /<\|[a-z_]+\|>|<\/?s>|\[\/?INST\]|^(assistant|user)\s*:/im;
const CONCRETE =
  /\d|["“”«»]|\b(for example|for instance|such as|e\.g\.|because|suppose|imagine)\b|\p{Ll},? \p{Lu}\p{Ll}/u;
const FILLER =
  /\b(it is important|is an important|can be (a|an|very|hard|difficult)|there are (many|several|various)|remind(s)? us|plays a|helps? (us|you|to)|in conclusion|overall|make(s)? (us|you) (think|feel)|a (great|good) way|many (people|things|ways)|different (ways|things)|try to|you (can|should|could)|may (also )?(be|affect))\b/i;
/** Words that are meant for whoever judges. */
const ADDRESSED = /\b(evaluator|verdict|rating policy|grades answers|other (one|response)|withdrawn)\b/i;
/** A text that takes up this share of the prompt's words takes it up in full; more is repeating it. */
const TAKEN_UP = 0.4;
/** Words that say nothing about the subject, by length: short ones. */
const SUBJECT_WORD = 4;

const words = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];
/** The first five letters, so that `meditate` takes up `meditation`. */
const stem = (word: string): string => word.slice(0, 5);

function look(text: string, { prompt, reference }: Slots): Look {
  const said = words(text);
  const stems = new Set(said.map(stem));
  const asked = new Set(
    words(prompt)
      .filter((word) => word.length >= SUBJECT_WORD)
      .map(stem),
  );
  const sentences = text.split(/(?<=[.!?…])\s+|\n+/u).filter((sentence) => sentence.trim() !== '');
  const different = new Set(sentences.map((sentence) => words(sentence).join(' '))).size;
  const share = (n: number, of: number): number => (of === 0 ? 0 : n / of);
  const opening = said.slice(0, 150);
  return {
    right: reference !== null && holds(text, reference),
    relevance: Math.min(1, share([...asked].filter((one) => stems.has(one)).length, asked.size) / TAKEN_UP),
    // A text of a few words has no word twice; it counts in full from 40 words on.
    variety: share(new Set(opening).size, opening.length) * Math.min(1, said.length / 40),
    concrete: share(sentences.filter((sentence) => CONCRETE.test(sentence)).length, sentences.length),
    filler: share(sentences.filter((sentence) => FILLER.test(sentence)).length, sentences.length),
    repetition: share(sentences.length - different, sentences.length),
    damage:
      (ADDRESSED.test(text) ? 1 : 0) + (DEBRIS.test(text) ? 0.5 : 0) + (/[\p{L}\p{N},;]\s*$/u.test(text) ? 0.5 : 0),
  };
}

/** Whether a reference stands in a text as words of their own. */
function holds(text: string, reference: string): boolean {
  const wanted = words(reference).join(' ');
  return wanted !== '' && ` ${words(text).join(' ')} `.includes(` ${wanted} `);
}

function points(seen: Look, weights: Weights): number {
  return (
    (seen.right ? 1 : 0) +
    weights.relevance * seen.relevance +
    weights.variety * seen.variety +
    weights.concrete * seen.concrete -
    weights.filler * seen.filler -
    weights.repetition * seen.repetition -
    weights.damage * seen.damage
  );
}

function reasons(better: Look, worse: Look): string {
  const said = [
    better.right && !worse.right && 'gives the reference answer',
    better.relevance > worse.relevance && 'takes up more of the prompt',
    better.variety > worse.variety && 'says more different things',
    better.concrete > worse.concrete && 'is more concrete',
    better.repetition < worse.repetition && 'repeats itself less',
    better.damage < worse.damage && 'ends as a finished text',
  ].filter((reason) => reason !== false);
  return said.length > 0 ? said.slice(0, 3).join(', ') : 'is ahead by a little in everything';
}

/** Up to twelve words, copied as they stand from the first line that has at least three. */
function quoteFrom(text: string): string {
  const line = text.split('\n').find((one) => words(one).length >= 3) ?? text;
  return /^\s*(\S+(?:\s+\S+){0,11})/u.exec(line)?.[1] ?? '';
}

/** Scores on the scale a schema names, where it asks for any: the same points for every criterion. */
function scores(schema: Record<string, unknown>, a: number, b: number): Record<string, unknown> {
  const side = (schema['properties'] as Record<string, ScoreSchema> | undefined)?.['scores_a'];
  if (side?.properties === undefined) return {};
  const rate = (points: number): Record<string, number> =>
    Object.fromEntries(
      Object.entries(side.properties!).map(([criterion, { description }]) => {
        const [low, high] = (/(-?[\d.]+) to (-?[\d.]+)/.exec(description ?? '') ?? ['', '1', '5']).slice(1).map(Number);
        return [criterion, Math.round(low! + (high! - low!) * Math.min(1, Math.max(0, points)))];
      }),
    );
  return { scores_a: rate(a), scores_b: rate(b) };
}

interface ScoreSchema {
  properties?: Record<string, { description?: string }>;
}
