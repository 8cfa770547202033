// A run as one HTML file that opens offline, from its summary and what the store holds beside it.
import type { Run } from './records.js';
import { factsOf } from './report/facts.js';
import { page } from './report/page.js';
import type { Store } from './store/index.js';
import type { Summary } from './summary.js';

/**
 * The report of a run as one HTML document: no script, nothing loaded; texts of models stand in it escaped.
 * @param judged_sha256 of its `judged.jsonl` where that has just been written.
 */
export async function report(store: Store, run: Run, summary: Summary, judged_sha256?: string): Promise<string> {
  return page(await factsOf(store, run, summary, judged_sha256));
}
