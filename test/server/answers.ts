// What the test server says, as a checkpoint of known quality and as a judge of known bias: a pure function of seed and
// content, whatever arrives first.
import { drawAt } from '../../src/random.js';

export interface Said {
  text: string;
  stop: 'end' | 'length' | 'refusal';
}

export interface MindOptions {
  seed: number;
  /** True quality of a model's answers, 0 to 1, for prompts it has not been drawn for; `quality` of others is 0.5. */
  quality: Record<string, number>;
  /** How far the quality of single answers spreads around that of the model. */
  spread: number;
  /** Share of presentations in which the judge names slot A without reading. */
  position_bias: number;
  /** How far a judge misreads the difference of two texts. */
  noise: number;
  /** Differences up to this are a tie for the judge. */
  tie_margin: number;
  /** Finds the two texts in a judge's question; null where it is no such question. */
  find: (question: string) => { first: string; second: string } | null;
  /** What a checkpoint says instead of the default text; null for the default. */
  answer: (model: string, prompt: string) => string | null;
}

export const MIND: MindOptions = {
  seed: 1,
  quality: {},
  spread: 0.25,
  position_bias: 0,
  noise: 0,
  tie_margin: 0.02,
  find: findResponses,
  answer: () => null,
};

/** The texts between `<response_a_CODE>` and `<response_b_CODE>` tags, as the bundled templates print them. */
export function findResponses(question: string): { first: string; second: string } | null {
  const [a, b] = SLOTS.map((slot) => slot.exec(question));
  return a && b ? { first: a[2]!, second: b[2]! } : null;
}

const SLOTS = ['a', 'b'].map(
  (slot) => new RegExp(`<response_${slot}_(\\w+)>\\n?([\\s\\S]*?)\\n?</response_${slot}_\\1>`),
);

/** True quality of a text, 0 to 1: its mark `[q=0.73]`, else a number drawn from the text itself. */
export function qualityOf(text: string): number {
  const mark = /\[q=(-?[\d.]+)\]/.exec(text);
  return mark ? Number(mark[1]) : drawAt('quality', text);
}

/** A checkpoint's answer to a prompt, marked with its true quality. */
export function checkpointSays(model: string, prompt: string, repeat: string, mind: MindOptions): Said {
  const own = mind.answer(model, prompt);
  if (own !== null) return { text: own, stop: 'end' };
  const quality = (mind.quality[model] ?? 0.5) + mind.spread * (drawAt(mind.seed, 'text', model, prompt, repeat) - 0.5);
  const words = prompt.split(/\s+/, 24).join(' ');
  return {
    text: `About "${words}": here is one way to see it, with an example. [q=${quality.toFixed(6)}]`,
    stop: 'end',
  };
}

/** The verdict of an honest judge who reads both texts without error. */
export function trueVerdict(first: string, second: string, tieMargin = MIND.tie_margin): 'A' | 'B' | 'tie' {
  const difference = qualityOf(first) - qualityOf(second);
  return Math.abs(difference) <= tieMargin ? 'tie' : difference > 0 ? 'A' : 'B';
}

/** A judge's verdict: read with noise that is the same in both orders, or slot A without reading. */
export function judgeSays(question: string, first: string, second: string, mind: MindOptions): 'A' | 'B' | 'tie' {
  // Drawn where it matters only: the server's own work weighs on what benches measure beside it.
  if (mind.position_bias > 0 && drawAt(mind.seed, 'bias', question) < mind.position_bias) return 'A';
  const misread = (): number => {
    const [low, high] = first < second ? [first, second] : [second, first];
    return mind.noise * (drawAt(mind.seed, 'noise', low, high) - 0.5) * (first === low ? 1 : -1);
  };
  const difference = qualityOf(first) - qualityOf(second) + (mind.noise === 0 ? 0 : misread());
  return Math.abs(difference) <= mind.tie_margin ? 'tie' : difference > 0 ? 'A' : 'B';
}

/** The reply a template asks for, following its schema where one came with the question. */
export function judgeReply(
  verdict: string,
  texts: { first: string; second: string },
  schema: Record<string, unknown> | null,
): Record<string, unknown> {
  const chosen = verdict === 'A' ? texts.first : verdict === 'B' ? texts.second : '';
  const rated = (schema?.['properties'] as Record<string, { properties?: object }> | undefined)?.['scores_a'];
  const scores = (quality: number): Record<string, number> =>
    Object.fromEntries(
      Object.keys(rated?.properties ?? {}).map((name) => [name, Math.round(1 + 4 * Math.min(1, Math.max(0, quality)))]),
    );
  return {
    rationale: verdict === 'tie' ? 'Neither is better.' : 'One text serves the prompt better than the other.',
    quote: chosen.split(/\s+/, 8).join(' '),
    ...(rated && { scores_a: scores(qualityOf(texts.first)), scores_b: scores(qualityOf(texts.second)) }),
    verdict,
  };
}
