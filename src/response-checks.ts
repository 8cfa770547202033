// Are these responses worth judging? Faults of serving (an adapter that was not loaded, a missing chat template, a
// limit that cuts) look like results once judges have spoken, so they are looked for before money goes.
import { sha256 } from './hash.js';
import { holdsControlToken } from './judging/neutralise.js';
import { type Response, type Role, ROLES } from './records.js';

export interface ResponseFault {
  code:
    | 'RESPONSES_EMPTY'
    | 'RESPONSES_REFUSED'
    | 'RESPONSES_CUT'
    | 'RESPONSES_CONSTANT'
    | 'RESPONSES_IDENTICAL'
    | 'RESPONSES_TEMPLATE_DEBRIS'
    | 'RESPONSES_NAME_MODEL';
  role: Role;
  share: number;
  n: number;
  message: string;
}

/** Share of a role's responses above which a fault is told. */
const TOLD_ABOVE = 0.1;

/**
 * Looked for where a response begins. Someone who apologises or calls himself a model refuses with whatever he says that
 * he cannot; alone, `I can't` refuses only with what was asked (`I can't help with that`), or each letter, story and
 * praise that begins like this would be one (`I can't recommend this book enough`).
 */
const REFUSAL = (() => {
  const cannot = String.raw`i(?:\s+can(?:\s?not|['’]?t)|(?:\s+am|['’]m)\s+(?:un|not\s+)able\s+to|(?:\s+am|['’]m)\s+not\s+(?:allowed|permitted)\s+to)\b`;
  const wont = String.raw`i(?:\s+won['’]?t|\s+will\s+not)\b`;
  const decline = String.raw`i\s+(?:must|have\s+to|need\s+to)\s+(?:\w+ly\s+)?(?:decline|refuse)\b|i(?:['’]m|\s+am)\s+not\s+comfortable\b|i\s+(?:don['’]t|do\s+not)\s+feel\s+comfortable\b`;
  const that = String.raw`(?:that|this|such|your|any|these|those)\b(?!(?:\s+\w+)?\s+(?:any\s?more|any\s+longer|again|alone|without)\b)`;
  const asked = String.raw`(?:\w+ly\s+)?(?:(?:help|assist)(?:\s+(?:you|with|in)\b|\s*[.,;!]|\s*$)|provide\b(?!\s+for)|fulfill?\b|comply\b|generate\b|facilitate\b|(?:answer|write|create|give|share|discuss|do|continue|complete|produce|engage\s+in|respond\s+to|talk\s+about)\s+(?:with\s+)?${that})`;
  const sorry = String.raw`(?:(?:i['’]m|i\s+am)\s+(?:\w+ly\s+|very\s+|so\s+)?sorry|sorry|(?:my\s+)?apologies|i\s+apologi[sz]e)\b`;
  const model = String.raw`(?:as|i['’]m|i\s+am)\s+(?:just\s+|only\s+)?an?\s+(?:\w+\s+)?(?:ai|artificial\s+intelligence|language\s+model|assistant)\b`;
  const policy = String.raw`(?:against|violates?|goes\s+beyond)\s+(?:my|our)\s+(?:\w+\s+)?(?:polic|guideline|programming|principle|rules)`;
  const within = String.raw`[^.!?\n]{0,120}?\b`;
  const alone = String.raw`(?:(?:${cannot}|${wont})\s+${asked}|${decline})`;
  const begun = [
    String.raw`(?:${sorry}|${model})${within}(?:${cannot}|${wont}|${decline}|${policy})`,
    String.raw`(?:unfortunately|regrettably)\W+(?:${cannot}|${alone})`,
    String.raw`(?:${sorry}[.!]\s+)?${alone}`,
  ];
  return new RegExp(String.raw`^\W*(?:${begun.join('|')})`, 'i');
})();

/** How each of them begins: the pattern itself takes long to make, and most texts begin otherwise. */
const MAY_REFUSE = /^\W*(?:i\b|sorry|(?:my\s+)?apologies|as\b|unfortunately|regrettably)/i;

/** Words in names that stand in honest texts too: alone they name nobody. */
const COMMON = new Set(
  'adapter base baseline best candidate chat checkpoint chosen control default dpo epoch final fine finetuned first instruct large last latest lora medium merged mini model new old original ours prod qlora raw reference rejected run sft small step student teacher test theirs thinking trained tuned turbo tuning'.split(
    ' ',
  ),
);

/**
 * Finds a checkpoint's name in a text as a whole word, and a word of it (`Qwen` of `Qwen2.5-0.5B-Instruct`) where the
 * text speaks of itself. Null where the names are common words.
 */
function namePattern(names: readonly string[]): RegExp | null {
  const parts = names.flatMap((name) => name.split(/[^\p{L}]+/u));
  const wholes = names.filter((name) => name.length > 3 && /\p{L}/u.test(name) && !COMMON.has(name.toLowerCase()));
  const words = parts.filter((word) => word.length > 2 && !COMMON.has(word.toLowerCase()));
  const one = (of: readonly string[]) =>
    of.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join('|');
  const itself = String.raw`(?:i\s+am|i['’]m|my\s+name\s+is|call\s+me|as)\s+(?:an?\s+(?:[\p{L}-]+\s+){1,3}(?:named|called)\s+)?`;
  const patterns = [
    ...(wholes.length > 0 ? [String.raw`(?:${one(wholes)})(?![\p{L}\p{N}])`] : []),
    ...(words.length > 0 ? [String.raw`${itself}(?:${one(words)})(?!\p{L})`] : []),
  ];
  return patterns.length === 0 ? null : new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${patterns.join('|')})`, 'iu');
}

type Seen = Pick<Response, 'role' | 'state' | 'response' | 'stop_reason' | 'suite' | 'prompt_id' | 'repeat'>;

/** Whether a text begins by declining what was asked. */
export function isRefusal(text: string): boolean {
  const beginning = text.trim().slice(0, 200);
  return MAY_REFUSE.test(beginning) && REFUSAL.test(beginning);
}

/** What was seen of one role. */
class Counts {
  n = 0;
  readonly matching: Record<ResponseFault['code'], number> = {
    RESPONSES_EMPTY: 0,
    RESPONSES_REFUSED: 0,
    RESPONSES_CUT: 0,
    RESPONSES_CONSTANT: 0,
    RESPONSES_IDENTICAL: 0,
    RESPONSES_TEMPLATE_DEBRIS: 0,
    RESPONSES_NAME_MODEL: 0,
  };
  prompt: string | null = null;
  severalPrompts = false;
  /** How often each text came, by 48 bits of its hash. */
  readonly texts = new Map<number, number>();
}

/** Looks at responses one after another and keeps counts only, so that a run of any length can be looked at. */
export class ResponseChecks {
  private readonly roles = { baseline: new Counts(), candidate: new Counts() };
  private readonly names: Record<Role, RegExp | null>;
  private baseline: Seen | null = null;

  /** @param names what the checkpoint is called (its name and model), by role */
  constructor(names: Record<Role, string[]>) {
    this.names = { baseline: namePattern(names.baseline), candidate: namePattern(names.candidate) };
  }

  /** The responses of one comparison come together, the baseline's first, as the store and the exports have them. */
  add(response: Seen): void {
    const { role, state, stop_reason, prompt_id } = response;
    if (role === 'baseline') this.baseline = response;
    if (state !== 'answered') return;
    const counts = this.roles[role];
    const text = response.response ?? '';
    const found = (code: ResponseFault['code'], is: boolean) => (counts.matching[code] += Number(is));
    counts.n++;
    found('RESPONSES_EMPTY', text.trim() === '');
    found('RESPONSES_REFUSED', stop_reason === 'refusal' || isRefusal(text));
    found('RESPONSES_CUT', stop_reason === 'length');
    found('RESPONSES_TEMPLATE_DEBRIS', holdsControlToken(text));
    found('RESPONSES_NAME_MODEL', this.names[role]?.test(text) === true);
    const same =
      role === 'candidate' && text !== '' && this.baseline !== null && sameComparison(this.baseline, response);
    found('RESPONSES_IDENTICAL', same && this.baseline!.response === text);
    counts.severalPrompts ||= counts.prompt !== null && counts.prompt !== prompt_id;
    counts.prompt = prompt_id;
    const key = Number.parseInt(sha256(text).slice(0, 12), 16);
    const times = (counts.texts.get(key) ?? 0) + 1;
    counts.texts.set(key, times);
    if (times > 1) counts.matching.RESPONSES_CONSTANT = Math.max(counts.matching.RESPONSES_CONSTANT, times);
  }

  /** Faults above 10 % of a role, worst first; empty when the responses look sound. */
  faults(): ResponseFault[] {
    const faults: ResponseFault[] = [];
    for (const role of ROLES) {
      const { n, matching, severalPrompts } = this.roles[role];
      if (n < 5 || !severalPrompts) matching.RESPONSES_CONSTANT = 0;
      for (const code of Object.keys(WORDS) as ResponseFault['code'][]) {
        const share = n === 0 ? 0 : matching[code] / n;
        if (share <= TOLD_ABOVE) continue;
        const more = code === 'RESPONSES_IDENTICAL' && share > 0.5 ? ': the adapter was probably not loaded' : '';
        faults.push({
          code,
          role,
          share,
          n,
          message: `${matching[code]} of ${n} ${role} responses ${WORDS[code]}${more}.`,
        });
      }
    }
    return faults.sort((a, b) => b.share - a.share);
  }
}

const WORDS: Record<ResponseFault['code'], string> = {
  RESPONSES_EMPTY: 'are empty',
  RESPONSES_REFUSED: 'are refusals',
  RESPONSES_CUT: 'are cut at max_tokens',
  RESPONSES_TEMPLATE_DEBRIS: 'hold chat-template marks such as <|im_end|>: the server does not apply the template',
  RESPONSES_NAME_MODEL: 'name their own model: a judge can tell who wrote them',
  RESPONSES_CONSTANT: 'are one and the same text',
  RESPONSES_IDENTICAL: "equal the baseline's",
};

const sameComparison = (a: Seen, b: Seen): boolean =>
  a.suite === b.suite && a.prompt_id === b.prompt_id && a.repeat === b.repeat;
