// Does what a judged file says follow from what it holds? The list of checks, and one pass of all of them over a file.
import type { Glance } from '../answers.js';
import { judgedLines } from '../export.js';
import { readJudged, type ReadOptions, type Row, rowNumbering } from '../formats/index.js';
import type { AuditReport } from '../answers.js';
import type { Finding, Run } from '../records.js';
import type { Store } from '../store/index.js';
import type { StrayValue } from '../store/stray-values.js';
import type { Summary } from '../summary.js';
import { glanceOf, winRates } from '../win-rates.js';
import { offlineWarnings } from '../words.js';
import { Accuracies, type Accuracy } from './accuracy.js';
import { asWritten, changedCheck, exportDiffers } from './as-written.js';
import { type Check, entry, type Found, type MakeCheck } from './check.js';
import { constantResponse } from './constant-response.js';
import { Figures } from './counts.js';
import { duplicateComparison } from './duplicate-comparison.js';
import { errorRecordedAsVerdict } from './error-recorded-as-verdict.js';
import { judgedFiles } from './files.js';
import { identicalResponses } from './identical-responses.js';
import { identityLeak } from './identity-leak.js';
import { labelConfoundedWithModel } from './label-confounded-with-model.js';
import { labellingByEvidence } from './labelling-by-evidence.js';
import { missingRows } from './missing-rows.js';
import { orderOutcomeAssociation } from './order-outcome-association.js';
import { ownChecks, unplannable } from './own-checks.js';
import { deriveAgain } from './own-reply.js';
import { isOwn, ownRunOfFolder, ownRunOfStore, Unplannable } from './own-run.js';
import { sheetCheck } from './own-sheet.js';
import { judgedIn, type KeptBeside, summaryCheck, summaryOfFile } from './own-summary.js';
import type { Position } from './position.js';
import { quoteFoundInLoser } from './quote-found-in-loser.js';
import { recordContradictsItself } from './record-contradicts-itself.js';
import { scoresContradictWinner } from './scores-contradict-winner.js';
import { staleJudgeName } from './stale-judge-name.js';
import { storedRows } from './stored-rows.js';
import { unreadableReply } from './unreadable-reply.js';
import { verdictInjection } from './verdict-injection.js';
import { winnerContradictsReply } from './winner-contradicts-reply.js';

export { CODES } from './check.js';
export { sentence } from '../audit-sentence.js';

/** The checks that apply to files of anyone's. */
export const CHECKS: readonly MakeCheck[] = [
  winnerContradictsReply,
  recordContradictsItself,
  errorRecordedAsVerdict,
  unreadableReply,
  labellingByEvidence,
  orderOutcomeAssociation,
  scoresContradictWinner,
  quoteFoundInLoser,
  duplicateComparison,
  missingRows,
  staleJudgeName,
  labelConfoundedWithModel,
  constantResponse,
  identicalResponses,
  identityLeak,
  verdictInjection,
];

/** Findings of one check in one file that are listed one by one; the rest is counted in a last one. */
const LISTED = 500;
const SEVERITIES = ['error', 'warning', 'note'] as const;

export interface AuditOptions extends ReadOptions {
  /** Checks beside those of the list, for files that are more than rows. */
  more?: readonly MakeCheck[] | undefined;
}

/** The audit of files: the contract's report, with figures that only some formats allow. */
export interface FileAudit extends AuditReport {
  files: string[];
  position: Position;
  /** The same figures file by file. */
  by_file: ({ file: string } & Figures['result'])[];
  /** Against known right answers, overall first; empty where a file states none. */
  accuracy: Accuracy[];
}

/** The audit of a stored run. */
export type RunAudit = Omit<FileAudit, 'files'> & { run: string };

/**
 * The audit of files or folders, read once, with memory for hashes only. Findings stand by severity, then in the order
 * of files and lines. An export folder of our own is proved whole, from its files alone.
 * @throws what reading throws: FILE_*, JSON_SYNTAX, CSV_SYNTAX, INVALID_VALUE, USAGE
 */
export async function auditFile(paths: string | readonly string[], options: AuditOptions = {}): Promise<FileAudit> {
  const { files, skipped } = await judgedFiles(typeof paths === 'string' ? [paths] : paths, options);
  const more: MakeCheck[] = [...(options.more ?? [])];
  for (const file of files) {
    more.push(await asWritten(file), ...(await folderChecks(file).catch((error: unknown) => without(file, error))));
  }
  const report = await auditRows(readJudged(files, options), files, more);
  return { ...report, files, findings: inOrder([...skipped.map(skippedFile), ...report.findings], files) };
}

/** The checks of an export folder of our own; none where the file is no part of one. */
async function folderChecks(file: string): Promise<MakeCheck[]> {
  const own = await ownRunOfFolder(file);
  if (own === null) return [];
  const judged = await judgedIn(own, file);
  const summary = own.summary === null ? [] : [await summaryCheck(own, () => summaryOfFile(own, judged))];
  return [...ownChecks(own, file), ...summary, ...(await sheetCheck(own.run, judged.judgments, file))];
}

/** The checks of a stored run. */
async function runChecks(store: Store, run: Run, falseTallies: KeptBeside['falseTallies']): Promise<MakeCheck[]> {
  const kept = await store.keptSummary(run.id);
  const summary = kept === null ? null : (JSON.parse(kept) as Summary);
  const own = isOwn(run) ? await ownRunOfStore(store, run, summary) : null;
  const glance = (await store.glances([run.id])).get(run.id);
  const beside = {
    falseTallies,
    glance: glance === undefined ? null : (JSON.parse(glance) as Glance),
    glanceAgain: async (derived: Summary) => glanceOf(run, await store.counted(run.id), derived),
  };
  const numbers = await summaryCheck({ summary }, () => winRates(store, run), beside);
  if (own === null) return [numbers];
  const changed = await exportDiffers(store, run, judgedLines(store, run.id));
  return [...ownChecks(own, ''), () => changedCheck(changed), numbers];
}

function without(file: string, error: unknown): MakeCheck[] {
  if (error instanceof Unplannable) return [unplannable(file, error)];
  throw error;
}

/** The audit of a stored run. What it finds is kept with the run, so that its judgments can be filtered by it. */
export async function auditRun(store: Store, run: Run): Promise<RunAudit> {
  const strays = await store.strayValues(run.id);
  if (strays.length > 0) return { run: run.id, ...(await auditRows(nothing(), [], [() => strayed(strays)])) };
  const falseTallies = await store.falseTallies(run.id);
  const more = await runChecks(store, run, falseTallies).catch((error: unknown) => without('', error));
  if (falseTallies.length > 0) await store.forgetSummary(run.id);
  const { findings, ...report } = await auditRows(storedRows(store, run), [], more);
  const own = findings.map((finding) => ({ ...finding, file: finding.file === '' ? null : finding.file, line: null }));
  await store.setFindings(run.id, own);
  return { run: run.id, ...report, findings: own };
}

/** Words that nothing can be derived from: they are told, and the rest is looked at once they are right. */
function strayed(strays: readonly StrayValue[]): Check {
  return {
    code: 'RECORD_CONTRADICTS_RUN',
    see: () => 'outside',
    end: () =>
      strays.map(({ table, column, id, value }) => ({
        severity: 'error' as const,
        message: `\`${column}\` of ${table === 'judgments' ? 'judgment' : 'response'} ${id} is none of its words; nothing else was checked.`,
        recorded: value.slice(0, 200),
      })),
  };
}

async function* nothing(): AsyncIterable<never> {}

/** Every check over rows, in one pass. */
async function auditRows(
  rows: AsyncIterable<Row>,
  files: string[],
  more: readonly MakeCheck[],
): Promise<Omit<FileAudit, 'files'>> {
  const own = new Set(more.map((make) => make().code));
  const ledgers = [...CHECKS.filter((make) => !own.has(make().code)), ...more].map((make) => new Ledger(make()));
  const number = rowNumbering();
  const all = new Figures();
  const byFile = new Map<string, Figures>();
  const accuracies = new Accuracies();
  const offline = new Set<string>();
  for await (const read of rows) {
    const row = deriveAgain(read);
    const standing = number(row);
    all.add(row, standing);
    entry(byFile, row.file, () => new Figures()).add(row, standing);
    accuracies.add(row, standing);
    if (row.judgment.judge_provider === 'offline') offline.add(row.judgment.judge);
    for (const ledger of ledgers) {
      const seen = ledger.check.see(row, standing);
      ledger.count(seen, row.file, row.line, row.judgment.id || null);
    }
  }
  for (const ledger of ledgers) ledger.close();
  const { rows: n, judged, recorded, derived, order_recovered, position } = all.result;
  return {
    rows: n,
    judged,
    checks: merged(ledgers.map(({ result }) => result)),
    findings: inOrder(
      ledgers.flatMap((ledger) => ledger.findings),
      files,
    ),
    recorded,
    derived,
    order_recovered,
    position,
    by_file: [...byFile].map(([file, figures]) => ({ file, ...figures.result })),
    accuracy: accuracies.result,
    warnings: offlineWarnings([...offline].sort()),
  };
}

/** One line a code: several export folders bring the same checks. */
function merged(results: AuditReport['checks']): AuditReport['checks'] {
  const byCode = new Map<string, AuditReport['checks'][number]>();
  for (const { code, checked, failed, unverifiable } of results) {
    const known = byCode.get(code);
    if (known === undefined) byCode.set(code, { code, checked, failed, unverifiable });
    else {
      known.checked += checked;
      known.failed += failed;
      known.unverifiable += unverifiable;
    }
  }
  return [...byCode.values()];
}

function inOrder(findings: Finding[], files: string[]): Finding[] {
  const place = new Map(files.map((file, i) => [file, i]));
  const rank = ({ severity, file, line }: Finding): number[] => [
    SEVERITIES.indexOf(severity),
    place.get(file ?? '') ?? files.length,
    line ?? Infinity,
  ];
  const ranked = findings.map((finding) => ({ finding, rank: rank(finding) }));
  ranked.sort((a, b) => {
    const i = a.rank.findIndex((value, j) => value !== b.rank[j]);
    return i < 0 ? 0 : a.rank[i]! < b.rank[i]! ? -1 : 1;
  });
  return ranked.map(({ finding }) => finding);
}

const skippedFile = ({ file, reason }: { file: string; reason: string }): Finding => ({
  code: 'FILE_SKIPPED',
  severity: 'note',
  file,
  line: null,
  judgment_id: null,
  recorded: null,
  derived: null,
  message: `Not audited: ${reason}.`,
});

/** One check at work: what it looked at, what it found, where. */
class Ledger {
  readonly findings: Finding[] = [];
  private checked = 0;
  private failed = 0;
  private unverifiable = 0;
  private readonly perFile = new Map<string, { listed: number; more: number; severity: Finding['severity'] }>();

  constructor(readonly check: Check) {}

  count(seen: ReturnType<Check['see']>, file: string, line: number, id: string | null): void {
    if (seen === 'outside') return;
    if (seen === 'unverifiable') {
      this.unverifiable++;
      return;
    }
    this.checked++;
    if (seen !== 'sound') this.keep(seen, file, line, id);
  }

  close(): void {
    for (const found of this.check.end?.() ?? []) this.keep(found, found.file ?? null, found.line ?? null, null);
    for (const [file, { more, severity }] of this.perFile)
      if (more > 0)
        this.findings.push(this.finding({ severity, message: `${more} more rows like these.` }, file, null, null));
  }

  get result(): AuditReport['checks'][number] {
    const { checked, failed, unverifiable } = this;
    return { code: this.check.code, checked, failed, unverifiable };
  }

  private keep(found: Found, file: string | null, line: number | null, id: string | null): void {
    this.failed += found.rows ?? 1;
    const listed = this.perFile.get(file ?? '') ?? { listed: 0, more: 0, severity: found.severity };
    this.perFile.set(file ?? '', listed);
    if (listed.listed < LISTED) {
      listed.listed++;
      this.findings.push(this.finding(found, file, line, id));
      return;
    }
    listed.more++;
    if (SEVERITIES.indexOf(found.severity) < SEVERITIES.indexOf(listed.severity)) listed.severity = found.severity;
  }

  private finding(found: Found, file: string | null, line: number | null, judgment_id: string | null): Finding {
    const { severity, message, recorded = null, derived = null } = found;
    return { code: this.check.code, severity, file, line, judgment_id, recorded, derived, message };
  }
}
