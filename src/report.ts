// A run as a report: one HTML file that opens offline, Markdown for a pull request, the short table for a README, JUnit
// for CI. All from the one summary and what the store holds beside it.
import type { Run } from './records.js';
import { factsOf } from './report/facts.js';
import { page } from './report/page.js';
import type { Store } from './store/index.js';
import type { Summary } from './summary.js';

export { junit } from './report/junit.js';
export { reportMarkdown } from './report/markdown.js';

/**
 * The report of a run as one HTML document: no script, nothing loaded; texts of models stand in it escaped.
 * @param judged_sha256 of its `judged.jsonl` where that has just been written.
 */
export async function report(store: Store, run: Run, summary: Summary, judged_sha256?: string): Promise<string> {
  return page(await factsOf(store, run, summary, judged_sha256));
}
