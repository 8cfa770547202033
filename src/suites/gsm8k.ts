// GSM8K (Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems"): JSON Lines with `question` and an
// `answer` whose last line is `#### 42`. The number becomes the prompt's reference; the worked solution is left out.
import { DoubleblindError } from '../errors.js';
import type { Suite } from '../records.js';
import { objectsOf } from './jsonl.js';
import { idOf, suiteOfRows, type Row, type SuiteOptions } from './prompt.js';

/** Whether a row has the shape of GSM8K. */
export function isGsm8k(row: unknown): boolean {
  return typeof row === 'object' && row !== null && 'question' in row && 'answer' in row;
}

/** The suite of a GSM8K file (`.gz` too), thousands separators taken out of references. @throws FILE_*, INVALID_VALUE */
export function readGsm8kSuite(path: string, options?: SuiteOptions): Promise<Suite> {
  return suiteOfRows(path, questions(path), options);
}

async function* questions(path: string): AsyncGenerator<Iterable<Row>> {
  for await (const rows of objectsOf(path)) yield questionsIn(rows, path);
}

function* questionsIn(rows: Iterable<Row>, file: string): Generator<Row> {
  for (const { value, line, document } of rows) {
    const { question, answer } = value;
    const reference = /####\s*(\S[^\n]*?)\s*$/.exec(String(answer))?.[1];
    if (reference === undefined) {
      throw new DoubleblindError('INVALID_VALUE', 'the answer does not end with "#### " and the result', { file, ...document.at(['answer']) });
    }
    yield { value: { ...idOf(value['id']), prompt: question, reference: reference.replace(/(?<=\d),(?=\d{3})/g, '') }, line, document };
  }
}
