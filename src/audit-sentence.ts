// What a reader of a published win rate may still believe, in one sentence, for terminal and page alike.
import type { AuditCounts, AuditReport } from './answers.js';

/** One sentence on an audit: errors first, then what weakens the number, then what could not be told. */
export function sentence(report: AuditReport): string {
  const { recorded, derived, findings } = report;
  const over = (report.files?.length ?? 1) > 1 ? `Over ${report.files!.length} files: ` : '';
  if (report.rows === 0) return 'There is nothing to believe: no row is judged.';
  const codes = new Set(findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code));
  const failed = (code: string): number => report.checks.find((check) => check.code === code)?.failed ?? 0;
  if (findings.some(({ severity, code }) => severity === 'error' && code === 'LABELLING_BY_EVIDENCE'))
    return `${over}Believe no winner yet: the judge's own quotations say that its letters meant other texts than the file takes them for.`;
  const wrong = failed('WINNER_CONTRADICTS_REPLY');
  if (wrong > 0) {
    const contradict = `${rows(wrong)} ${wrong === 1 ? 'contradicts' : 'contradict'} the judge's own words`;
    return same(recorded, derived)
      ? `${over}${shown(derived)} comes out right by chance only: ${contradict}.`
      : `${over}Do not believe ${shown(recorded)}: ${contradict}, which give ${shown(derived)}.`;
  }
  const broken = [...new Set(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code))];
  const tampered = broken.filter((code) => OWN.includes(code));
  if (tampered.length > 0)
    return `${over}Do not believe ${shown(recorded)} until it is explained why stored parts do not fit together (${tampered.join(', ')}).`;
  if (!same(recorded, derived)) {
    const empty = derived.failed - recorded.failed;
    return `${over}Do not believe ${shown(recorded)}: ${rows(empty)} ${empty === 1 ? 'holds' : 'hold'} no verdict; without ${empty === 1 ? 'it' : 'them'} ${shown(derived)} follows.`;
  }
  const doubts = doubtsOf(codes);
  const trust = doubts.length === 0 ? '' : `; ${doubts.join('; ')}`;
  const replies = report.checks.find(({ code }) => code === 'WINNER_CONTRADICTS_REPLY');
  if (replies !== undefined && replies.checked === 0)
    return `${over}${shown(derived)} can only be taken as stated: no reply was kept from which a winner follows${trust}.`;
  const part =
    replies === undefined || replies.unverifiable === 0
      ? ''
      : `, except in ${rows(replies.unverifiable)} without a reply`;
  const apart = derived.failed === 0 ? '' : `; ${rows(derived.failed)} have no verdict and are counted apart`;
  return `${over}${shown(derived)} follows from the judge's own words${part}${apart}${trust}.`;
}

/** What only our own runs can show: parts that were stored together and no longer agree. */
const OWN = [
  'PRESENTATION_HASH_MISMATCH',
  'REPLY_READ_DIFFERENTLY',
  'RECORD_CONTRADICTS_RUN',
  'RECORD_CONTRADICTS_ITSELF',
  'CONFIGURATION_CHANGED',
  'SUMMARY_MISMATCH',
  'MISSING_ROWS',
];

const DOUBTS: [string, string][] = [
  ['ORDER_OUTCOME_ASSOCIATION', 'the winner goes with the order more than judges do'],
  ['MISSING_ROWS', 'rows are missing'],
  ['DUPLICATE_COMPARISON', 'the same pairs stand more than once, so it rests on fewer prompts than rows'],
  ['STALE_JUDGE_NAME', 'which judge said so is not recorded'],
  ['LABEL_CONFOUNDED_WITH_MODEL', 'a liking for a label would look the same'],
  ['CONSTANT_RESPONSE', 'a model gives one answer to many prompts'],
  ['VERDICT_INJECTION', 'responses speak to the judge'],
  ['IDENTITY_LEAK', 'responses name their model'],
];

function doubtsOf(codes: Set<string>): string[] {
  return DOUBTS.filter(([code]) => codes.has(code)).map(([, words]) => words);
}

function same(a: AuditCounts, b: AuditCounts): boolean {
  return a.wins === b.wins && a.losses === b.losses && a.ties === b.ties && a.failed === b.failed;
}

function shown({ wins, losses, ties, win_rate }: AuditCounts): string {
  const counts = `${wins}–${losses}${ties > 0 ? ` with ${ties} ${ties === 1 ? 'tie' : 'ties'}` : ''}`;
  return win_rate === null ? counts : `${counts} (win rate ${Math.round(win_rate * 1000) / 10} %)`;
}

const rows = (n: number): string => `${n} ${n === 1 ? 'row' : 'rows'}`;
