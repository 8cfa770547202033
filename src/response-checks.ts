// Are these responses worth judging? Faults of serving (an adapter that was not loaded, a missing chat template, a
// limit that cuts) look like results once judges have spoken, so they are looked for before money goes.
import { sha256 } from './hash.js';
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
const DEBRIS = /<\|[a-z_]+\|>|<\/?s>|\[\/?INST\]|<start_of_turn>|<end_of_turn>|<<\/?SYS>>/i;
const REFUSAL =
  /^(?:i['’]m sorry|sorry|i can(?:no|['’])t|i am (?:sorry|unable)|i['’]m unable)\b[^.]*\b(?:can(?:no|['’])t|unable|won['’]t|not able)\b/i;

type Seen = Pick<Response, 'role' | 'state' | 'response' | 'stop_reason' | 'suite' | 'prompt_id' | 'repeat'>;

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
  private readonly words: Record<Role, string[]>;
  private baseline: Seen | null = null;

  /** @param names words that would name the checkpoint (its name and model), by role */
  constructor(names: Record<Role, string[]>) {
    const long = (words: string[]) => words.filter((word) => word.length > 3).map((word) => word.toLowerCase());
    this.words = { baseline: long(names.baseline), candidate: long(names.candidate) };
  }

  /** The responses of one comparison come together, the baseline's first, as the store and the exports have them. */
  add(response: Seen): void {
    const { role, state, stop_reason, prompt_id } = response;
    if (role === 'baseline') this.baseline = response;
    if (state !== 'answered') return;
    const counts = this.roles[role];
    const text = response.response ?? '';
    const lower = text.toLowerCase();
    const found = (code: ResponseFault['code'], is: boolean) => (counts.matching[code] += Number(is));
    counts.n++;
    found('RESPONSES_EMPTY', text.trim() === '');
    found('RESPONSES_REFUSED', stop_reason === 'refusal' || REFUSAL.test(text.trim().slice(0, 200)));
    found('RESPONSES_CUT', stop_reason === 'length');
    found('RESPONSES_TEMPLATE_DEBRIS', DEBRIS.test(text));
    found(
      'RESPONSES_NAME_MODEL',
      this.words[role].some((word) => lower.includes(word)),
    );
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
