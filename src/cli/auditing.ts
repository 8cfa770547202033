// The work of `audit`, and its screen: recorded rate → derived rate, findings by severity, what a reader may still believe.
import { existsSync } from 'node:fs';
import { auditFile, auditRun, type FileAudit, type RunAudit, sentence } from '../audit/index.js';
import { DoubleblindError } from '../errors.js';
import { findRun } from '../find-run.js';
import type { AuditCounts } from '../answers.js';
import type { Finding } from '../records.js';
import { tango, wilson } from '../stats/index.js';
import { print, usingStore } from './action.js';
import type { AuditFlags } from './audit.js';
import { percent, range, spans, whole } from '../figures.js';
import { warningLines } from './screen.js';
import { refuseReading } from './stats.js';
import { columns, flowed, oneLine, paint, plain, prose } from './terminal.js';

type Audit = FileAudit | RunAudit;

/** Findings of one code in one file that are shown one by one, and lines of findings of a severity in all. */
const EACH = 3;
const SHOWN = 20;
/** Runs of row numbers that are listed: `1, 3, 10–46`. */
const RUNS = 20;

/** 1 when there are findings of severity error, with `--strict` of warning. */
export async function audit(subjects: string[], flags: AuditFlags): Promise<number> {
  const report = await reportOf(subjects, flags);
  const title = subjects.join(', ');
  if (flags.md === true) print(flags, report, () => markdown(report, title), Infinity);
  else print(flags, report, () => screen(report, title));
  const failing = flags.strict === true ? ['error', 'warning'] : ['error'];
  return report.findings.some(({ severity }) => failing.includes(severity)) ? 1 : 0;
}

async function reportOf(subjects: string[], flags: AuditFlags): Promise<Audit> {
  if (subjects.every((subject) => existsSync(subject))) return auditFile(subjects, flags);
  if (subjects.length > 1) {
    const missing = subjects.find((subject) => !existsSync(subject));
    throw new DoubleblindError('FILE_MISSING', 'there is no such file.', { file: missing });
  }
  refuseReading(subjects[0]!, flags);
  return usingStore(flags, async (store) => auditRun(store, await findRun(store, subjects[0]!)));
}

const MARK = { error: '✗', warning: '!', note: '·' } as const;
const NAMES = {
  error: ['finding that changes a number', 'findings that change a number'],
  warning: ['finding that touches trust', 'findings that touch trust'],
  note: ['finding to know', 'findings to know'],
} as const;

function screen(report: Audit, title: string): string {
  const { findings, rows, recorded, derived, checks } = report;
  const changed = recorded.win_rate !== derived.win_rate || recorded.wins !== derived.wins;
  const lines = [
    `${paint.bold(plain(title))}   ${paint.dim(`${whole(rows)} rows, ${whole(report.judged)} judged`)}`,
    '',
    prose(`  ${paint.bold(plain(sentence({ ...report, files: 'files' in report ? report.files : [] })))}`),
    '',
    `  recorded   ${rateLine(recorded)}`,
    `  derived    ${changed ? paint.yellow(rateLine(derived)) : rateLine(derived)}`,
    ...orderLines(report),
    ...accuracyLines(report),
  ];
  for (const severity of ['error', 'warning', 'note'] as const) {
    const own = findings.filter((f) => f.severity === severity);
    if (own.length === 0) continue;
    lines.push('', `  ${whole(own.length)} ${NAMES[severity][own.length === 1 ? 0 : 1]}`);
    const told = gathered(own).map((group) => groupLines(MARK[severity], group));
    lines.push(...told.slice(0, SHOWN).flat());
    if (told.length > SHOWN) lines.push(paint.dim(`    … and ${told.length - SHOWN} more; --json has all`));
  }
  if (report.warnings.length > 0) lines.push('', ...warningLines(report));
  const passed = checks.filter((c) => c.failed === 0 && c.checked > 0).map((c) => c.code);
  if (passed.length > 0) lines.push('', paint.dim(prose(`  sound: ${passed.join(' ')}`)));
  return [...lines, ''].join('\n');
}

/** Findings of one code in one file together, in the order of their first one. */
function gathered(findings: Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.code, finding.file]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function groupLines(mark: string, group: Finding[]): string[] {
  if (group.length <= EACH) return group.map((finding) => `    ${mark} ${findingLine(finding)}`);
  const { code, file } = group[0]!;
  const lines = group.flatMap(({ line }) => (line === null ? [] : [line]));
  const rows = lines.length === 0 ? '' : `: ${spans(lines, RUNS)}`;
  return [
    `    ${mark} ${plain(`${code}  ${file ?? ''}  ${whole(group.length)} times${rows}`)}`,
    ...group.slice(0, EACH).map((finding) => `        ${findingLine({ ...finding, file: null, code: '' })}`),
    paint.dim('        …'),
  ];
}

function findingLine({ code, file, line, judgment_id, recorded, derived, message }: Finding): string {
  const where =
    file !== null
      ? `${file}${line === null ? '' : `:${line}`}`
      : judgment_id !== null
        ? judgment_id.slice(0, 8)
        : line === null
          ? ''
          : `line ${line}`;
  const change =
    recorded === null && derived === null ? '' : ` (recorded ${String(recorded)}, derived ${String(derived)})`;
  return [plain(code), plain(where), oneLine(`${message}${change}`, 1000)].filter(Boolean).join('  ');
}

/** Where the order comes from, how often the text printed first wins, and how often both orders agree. */
function orderLines({ order_recovered, position }: Audit): string[] {
  const { first_slot, consistency } = position;
  const sources = Object.entries(order_recovered ?? {}).flatMap(([source, orders]) => {
    const { baseline_first: b, candidate_first: c } = orders as { baseline_first?: number; candidate_first?: number };
    return b === undefined || c === undefined ? [] : [`${whole(b + c)} by ${SOURCES[source] ?? source}`];
  });
  const [first, ...rest] = [
    sources.length === 0 ? '' : `recovered: ${sources.join(', ')}`,
    first_slot.rate === null
      ? ''
      : `first text preferred ${percent(first_slot.rate, first_slot.decided)} % (${whole(first_slot.wins)} of ${whole(first_slot.decided)})`,
    consistency.rate === null
      ? ''
      : `same winner in both orders ${percent(consistency.rate, consistency.n)} % (${whole(consistency.same)} of ${whole(consistency.n)})`,
  ].filter(Boolean);
  return first === undefined ? [] : flowed([`  order      ${first}`, ...rest], columns(), 13, '; ');
}

const SOURCES: Record<string, string> = {
  'log-probabilities': 'log-probabilities',
  'referenced-models': 'what the reply refers to',
  seed: 'the seed',
};

/** Against known right answers: overall, then by group. */
function accuracyLines({ accuracy }: Audit): string[] {
  return accuracy
    .filter(({ group }) => group === null)
    .map(({ judge, right, n, value }) => {
      const groups = accuracy.filter((a) => a.judge === judge && a.group !== null);
      const shown = groups.length < 2 ? '' : `: ${groups.map((g) => `${g.group} ${percent(g.value, g.n)}`).join(', ')}`;
      return plain(
        `  accuracy   ${judge} names the right one in ${percent(value, n)} % (${whole(right)} of ${whole(n)})${shown}`,
      );
    });
}

function rateLine({ wins, losses, ties, failed, win_rate }: AuditCounts): string {
  const n = wins + losses + ties;
  // The counts of a graded file are not what its rate is made of.
  const graded = win_rate !== null && Math.abs(win_rate * n - wins - ties / 2) > 1e-6;
  const interval = n === 0 ? null : graded ? wilson(win_rate * n, n) : tango({ wins, ties, losses });
  const rate = win_rate === null ? 'no win rate' : `${percent(win_rate, n)} %`;
  return `${rate}${interval === null ? '' : ` (${range(interval, n)}, rows as if independent)`}   ▲ ${whole(wins)}   ▼ ${whole(losses)}   = ${whole(ties)}   × ${whole(failed)}`;
}

function markdown(report: Audit, title: string): string {
  const cell = (text: unknown) =>
    plain(String(text ?? ''))
      .replace(/\|/g, '\\|')
      .replace(/\n/g, ' ');
  const row = (name: string, c: AuditCounts) =>
    `| ${name} | ${c.wins} | ${c.losses} | ${c.ties} | ${c.failed} | ${c.win_rate === null ? '–' : `${percent(c.win_rate, c.wins + c.losses + c.ties)} %`} |`;
  return [
    `# Audit of ${cell(title)}`,
    '',
    cell(sentence({ ...report, files: 'files' in report ? report.files : [] })),
    '',
    ...report.warnings.map(({ message }) => `> ${cell(message)}\n`),
    '| | wins | losses | ties | failed | win rate |',
    '|---|--:|--:|--:|--:|--:|',
    row('recorded', report.recorded),
    row('derived', report.derived),
    '',
    ...(report.findings.length === 0
      ? ['No findings.']
      : ['| severity | code | where | finding |', '|---|---|---|---|']),
    ...report.findings.map(
      (f) =>
        `| ${f.severity} | ${f.code} | ${cell(f.file === null ? f.judgment_id : `${f.file}${f.line === null ? '' : `:${f.line}`}`)} | ${cell(f.message)} |`,
    ),
    '',
  ].join('\n');
}
