// Judged rows for the tests of checks, in the words of the generic format, and what an audit finds in them.
import { auditFile, type FileAudit } from '../../src/audit/index.js';
import type { Finding } from '../../src/records.js';
import { fileOf, lines } from '../formats/files.js';

export type Fields = Record<string, unknown>;

/** `n` rows about different prompts; `of` gives the fields that matter. */
export const rows = (n: number, of: (i: number) => Fields): Fields[] =>
  Array.from({ length: n }, (_, i) => ({
    prompt: `Question number ${i}?`,
    judge: 'j',
    winner: i % 2 === 0 ? 'candidate' : 'baseline',
    order: i % 4 < 2 ? 'AB' : 'BA',
    baseline_response: `The baseline says ${i}.`,
    candidate_response: `The candidate says ${i * 7}.`,
    ...of(i),
  }));

/** The audit of one or more files, each a list of records. */
export async function audit(...files: (Fields[] | [string, Fields[]])[]): Promise<FileAudit> {
  const paths = files.map((file) => {
    const [name, records] =
      typeof file[0] === 'string' ? (file as [string, Fields[]]) : ['rows.jsonl', file as Fields[]];
    return fileOf(name, lines(...records));
  });
  return auditFile(paths);
}

export const found = (report: FileAudit, code: string): Finding[] =>
  report.findings.filter((finding) => finding.code === code && finding.severity !== 'note');
