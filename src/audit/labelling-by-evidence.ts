// Which text did the judge's letters mean? Its own quotations tell, also in files whose convention nobody documented:
// four conventions are possible, and each quotation that stands in exactly one response fits two of them.
import type { Row } from '../formats/index.js';
import type { Order, Role, Verdict, Winner } from '../records.js';
import { exactBinomial } from '../stats/sign-test.js';
import { type Found, type MakeCheck, count, entry, some } from './check.js';
import { type TellingQuote, tellingQuotes } from './quotes.js';

const CONVENTIONS = ['A = baseline', 'A = candidate', 'A = printed first', 'A = printed second'] as const;
type Convention = (typeof CONVENTIONS)[number];
/** A convention is established when it fits this share of the quotations, and chance would not (one-sided p). */
const SHARE = 0.8;
const P_VALUE = 0.01;

interface Evidence {
  line: number;
  quotes: number;
  fits: Record<Convention, number>;
  declared: number;
  /** Quotations that fit the convention and not the declared labelling, or the other way. */
  against: Record<Convention, { for: number; declared: number }>;
  hasDeclared: boolean;
  hasOrder: boolean;
  /** Rows without a declared labelling, to be compared once a convention is established. */
  open: { line: number; order: Order | null; said: Verdict; recorded: Winner }[];
}

export const labellingByEvidence: MakeCheck = () => {
  const files = new Map<string, Evidence>();
  return {
    code: 'LABELLING_BY_EVIDENCE',
    see(row) {
      const { judgment, labels, said, recorded_winner: recorded, file, line } = row;
      const { reply, rationale, baseline_response: baseline, candidate_response: candidate, order } = judgment;
      const words = reply ?? rationale;
      if (words === null || baseline === null || candidate === null) return 'unverifiable';
      const evidence = entry(files, file, () => start(line));
      if (labels === null && said !== null && recorded !== null && recorded !== 'unknown')
        evidence.open.push({ line, order, said, recorded });
      const quotes = tellingQuotes(words, baseline, candidate);
      for (const quote of quotes) weigh(evidence, quote, row);
      return quotes.length === 0 ? 'outside' : 'sound';
    },
    end: () => [...files].flatMap(([file, evidence]) => conclude(file, evidence)),
  };
};

function start(line: number): Evidence {
  const each = <T>(make: () => T): Record<Convention, T> =>
    Object.fromEntries(CONVENTIONS.map((name) => [name, make()])) as Record<Convention, T>;
  return {
    line,
    quotes: 0,
    fits: each(() => 0),
    declared: 0,
    against: each(() => ({ for: 0, declared: 0 })),
    hasDeclared: false,
    hasOrder: false,
    open: [],
  };
}

function weigh(evidence: Evidence, { label, role }: TellingQuote, { labels, judgment }: Row): void {
  evidence.quotes++;
  evidence.hasOrder ||= judgment.order !== null;
  const declared = labels !== null && labels[label] === role;
  if (labels !== null) evidence.hasDeclared = true;
  if (declared) evidence.declared++;
  for (const convention of CONVENTIONS) {
    const fits = meaning(convention, label, judgment.order) === role;
    if (fits) evidence.fits[convention]++;
    if (labels === null || fits === declared) continue;
    evidence.against[convention][fits ? 'for' : 'declared']++;
  }
}

/** Whose text a letter means under a convention; null where the convention needs an order that is unknown. */
function meaning(convention: Convention, label: 'A' | 'B', order: Order | null): Role | null {
  const first = order === null ? null : order === 'baseline-first' ? 'baseline' : 'candidate';
  const a = {
    'A = baseline': 'baseline',
    'A = candidate': 'candidate',
    'A = printed first': first,
    'A = printed second': other(first),
  } as const;
  return label === 'A' ? a[convention] : other(a[convention]);
}

const other = (role: Role | null): Role | null =>
  role === null ? null : role === 'baseline' ? 'candidate' : 'baseline';
const certain = (yes: number, no: number): boolean =>
  yes >= SHARE * (yes + no) && exactBinomial(yes, yes + no).greater < P_VALUE;

function conclude(file: string, evidence: Evidence): Found[] {
  const { quotes, fits, hasDeclared, declared, hasOrder, line } = evidence;
  if (quotes === 0) return [];
  const ranked = [...CONVENTIONS].sort((a, b) => fits[b] - fits[a]);
  const best = ranked[0]!;
  const rivals = hasOrder ? (['A = baseline', 'A = printed first'] as const) : (['A = baseline'] as const);
  const counts = [best, ...rivals.filter((name) => name !== best)]
    .map((name, i) => `${fits[name]} of ${quotes}${i === 0 ? ' quotes' : ''} fit ${name}`)
    .join(', ');
  if (hasDeclared) {
    const contradicts = CONVENTIONS.find((name) =>
      certain(evidence.against[name].for, evidence.against[name].declared),
    );
    if (contradicts === undefined)
      return [{ severity: 'note', file, line, rows: 0, message: `${counts}; ${declared} fit the declared labelling.` }];
    const message = `${fits[contradicts]} of ${quotes} quotes fit ${contradicts}, ${declared} the declared labelling: the letters meant other texts than the file says, and every winner read from them is in doubt.`;
    return [{ severity: 'error', file, line, message }];
  }
  const second = ranked.find((name) => fits[name] < fits[best]) ?? best;
  if (!certain(fits[best], quotes - fits[best]) || fits[second] === fits[best])
    return [{ severity: 'note', file, line, rows: 0, message: `${counts}: too few to say which text a letter meant.` }];
  return [established(file, evidence, best, counts)];
}

/** What the established convention says about recorded winners of rows without a declared labelling. */
function established(file: string, { open, line }: Evidence, convention: Convention, counts: string): Found {
  const opposed = open.filter(({ said, order, recorded }) => {
    const winner = said === 'tie' ? 'tie' : meaning(convention, said, order);
    return winner !== null && winner !== recorded;
  });
  if (opposed.length === 0) return { severity: 'note', file, line, rows: 0, message: `${counts}.` };
  const message = `${counts}. Under it, ${count(opposed.length, 'recorded winner')} of ${open.length} contradict the reply (rows ${some(opposed.map((row) => row.line))}).`;
  return { severity: 'error', file, line: opposed[0]!.line, rows: opposed.length, message };
}
