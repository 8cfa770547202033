// What does the judge see? Two responses in an order become slots: A is always the text printed first, B the second,
// with no word that names a checkpoint. And back: only `unblind` turns a verdict into a winner.
import { codePoints, hashOfMessages, sha256 } from '../hash.js';
import type { Message, Order, Presentation, Prompt, Role, Verdict, Winner } from '../records.js';
import { neutralise } from './neutralise.js';
import type { Template } from './template.js';

/** Code points of a response that a judge is shown at most. */
const MAX_CHARS = 100_000;

export interface Comparison {
  template: Template;
  prompt: Pick<Prompt, 'prompt' | 'messages' | 'system' | 'reference'>;
  baseline_response: string;
  candidate_response: string;
  order: Order;
  seed: number;
  /** Code points per text, the same for both responses. */
  max_chars?: number | undefined;
}

/**
 * The presentation of a comparison in one order: a pure function of template, seed and texts, so that the same texts
 * are the same bytes in another run. The delimiters end in a code derived from seed, prompt and both responses.
 */
export function present(comparison: Comparison): Presentation {
  const { template, prompt, baseline_response, candidate_response, order, seed } = comparison;
  const [first, second] = inOrder(order, baseline_response, candidate_response);
  const page = new Page(comparison.max_chars ?? MAX_CHARS);
  const values = {
    prompt: page.show('prompt', prompt.prompt),
    system: template.variables.has('system') && prompt.system !== null ? page.show('system', prompt.system) : null,
    reference:
      template.variables.has('reference') && prompt.reference !== null
        ? page.show('reference', prompt.reference)
        : null,
    ...page.showResponses(first, second),
  };
  const code = sha256(JSON.stringify([seed, values.prompt, values.first, values.second])).slice(0, 16);
  const delimited = (name: string, text: string | null): string | null =>
    text === null ? null : `<${name}_${code}>\n${text}\n</${name}_${code}>`;
  const messages = template.render({
    ...values,
    prompt: delimited('user_prompt', values.prompt)!,
    // Stryker disable next-line ArrayDeclaration: a template that does not name the turns shows none
    messages: template.variables.has('messages') ? page.turns(prompt, (text) => delimited('user_prompt', text)!) : [],
    system: delimited('system_prompt', values.system),
    reference: delimited('reference_answer', values.reference),
    open_a: `<response_a_${code}>`,
    close_a: `</response_a_${code}>`,
    open_b: `<response_b_${code}>`,
    close_b: `</response_b_${code}>`,
  });
  return {
    messages,
    reply_schema: template.reply_schema,
    slots: { prompt: prompt.prompt, first, second, reference: prompt.reference },
    sha256: hashOfMessages(messages),
    notes: page.notes,
  };
}

/** The winner that a verdict names when the responses were printed in this order. */
export function unblind(verdict: Verdict, order: Order): Winner {
  if (verdict === 'tie') return 'tie';
  const [first, second] = inOrder<Role>(order, 'baseline', 'candidate');
  return verdict === 'A' ? first : second;
}

/** The verdict that would name this winner in this order: the inverse of `unblind`, for audits. */
export function blind(winner: Winner, order: Order): Verdict {
  if (winner === 'tie') return 'tie';
  return winner === inOrder<Role>(order, 'baseline', 'candidate')[0] ? 'A' : 'B';
}

/** What belongs to slots A and B (scores, say), by role. */
export function bySide<T>(order: Order, a: T, b: T): { baseline: T; candidate: T } {
  const [baseline, candidate] = inOrder(order, a, b);
  return { baseline, candidate };
}

/** The pair as it stands, or turned round where the candidate is printed first; twice is the identity. */
export function inOrder<T>(order: Order, baseline: T, candidate: T): [T, T] {
  return order === 'baseline-first' ? [baseline, candidate] : [candidate, baseline];
}

/** Texts made safe to show, and what was done to them, in words that know slots only. */
class Page {
  readonly notes: string[] = [];

  constructor(private readonly limit: number) {}

  show(name: string, text: string): string {
    const length = codePoints(text);
    return length > this.limit ? this.showCut(name, text, length) : this.clean(name, text);
  }

  /**
   * Both responses under the same rule: when one is over the limit, both are held to it and both say how much of them
   * is shown, so that a cut never marks one side alone. A blank response is shown as empty.
   */
  showResponses(first: string, second: string): { first: string; second: string } {
    const lengths = { A: codePoints(first), B: codePoints(second) };
    const over = Math.max(lengths.A, lengths.B) > this.limit;
    const show = (name: 'A' | 'B', text: string): string =>
      over ? this.showCut(name, text, lengths[name]) : this.clean(name, text);
    return { first: show('A', first), second: show('B', second) };
  }

  /** The turns of a prompt for templates that lay them out themselves; noted already with the transcript. */
  turns(prompt: Pick<Prompt, 'prompt' | 'messages'>, delimited: (text: string) => string): Message[] {
    const turns = prompt.messages ?? [{ role: 'user' as const, content: prompt.prompt }];
    return turns.map(({ role, content }) => ({
      role,
      content: delimited(neutralise(cut(content, this.limit)).text),
    }));
  }

  private showCut(name: string, text: string, length: number): string {
    const mark = `${Math.min(length, this.limit)} of ${length} characters shown`;
    this.notes.push(`${name}: ${mark}`);
    return `${this.clean(name, cut(text, this.limit))}\n[${mark}]`;
  }

  private clean(name: string, text: string): string {
    if (text.trim() === '') return EMPTY;
    const { text: clean, markers, invisible } = neutralise(text);
    if (markers > 0) this.notes.push(`${name}: ${markers} ${markers === 1 ? 'marker' : 'markers'} neutralised`);
    if (invisible > 0)
      this.notes.push(`${name}: ${invisible} invisible ${invisible === 1 ? 'character' : 'characters'} written out`);
    return clean;
  }
}

/** What stands for a text without any. */
const EMPTY = '(empty)';

/** The first `limit` code points of a text; they stand in twice as many UTF-16 units. */
function cut(text: string, limit: number): string {
  // Stryker disable next-line MethodExpression: what follows could be spread as well, at the price of memory
  return [...text.slice(0, 2 * limit)].slice(0, limit).join('');
}
