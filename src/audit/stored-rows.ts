// The judgments of a stored run as rows of an audit.
import { ownRow } from '../formats/doubleblind.js';
import type { Row } from '../formats/index.js';
import type { Run } from '../records.js';
import type { Store } from '../store/index.js';

/** The rows of a run in the order of exports, with the right answer where one is known. */
export async function* storedRows(store: Store, run: Run): AsyncGenerator<Row> {
  const answers = new Map((await store.knownAnswers(run.id)).map(({ prompt_id, ...truth }) => [prompt_id, truth]));
  let row = 0;
  for await (const judgment of store.allJudgments(run.id)) {
    row++;
    const read = { ...ownRow(judgment, { file: '', line: row, row }), truth: answers.get(judgment.prompt_id) ?? null };
    // The reply of an imported row follows the rules of its own format, which its reader has applied.
    yield run.origin === 'own' ? read : { ...read, format: 'imported' };
  }
}
