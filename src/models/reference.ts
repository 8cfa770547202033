// A judge without a model: the answer is extracted from each response and compared with the prompt's reference. One
// alone right wins, both or neither is a tie. Free, and a truth to hold LLM judges against.
import type { Answer, Ask, Verdict } from '../records.js';
import { type Extract, extracted, isRight, normalised } from './extraction.js';
import { ruleAnswer } from './offline.js';

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
