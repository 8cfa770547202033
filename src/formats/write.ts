// Runs as files that other people's tools read; each writer turns judgments, in export order, into pieces of text.
import { stringify } from 'csv-stringify/sync';
import { type Judgment, judgmentSchema } from '../records.js';
import { byJudge, comparisons, isJudged, meanScore } from './comparisons.js';

export type Writer = (judgments: AsyncIterable<Judgment>) => AsyncGenerator<string>;

/** Format name → writer. */
export const WRITERS: Readonly<Record<'llm-comparator' | 'alpaca-eval' | 'dpo' | 'csv', Writer>> = {
  'llm-comparator': toLlmComparator,
  'alpaca-eval': toAlpacaEval,
  dpo: toDpo,
  csv: toCsv,
};

/**
 * One JSON object for the LLM Comparator viewer. A is the candidate, so a positive score is a win of the candidate.
 * Comparisons that nobody could judge have no score and are left out, counted in `metadata.left_out`.
 */
async function* toLlmComparator(judgments: AsyncIterable<Judgment>): AsyncGenerator<string> {
  let names: string[] = [];
  let written = 0;
  let leftOut = 0;
  yield '{"examples":[';
  for await (const together of comparisons(judgments)) {
    const [{ suite, category, prompt, prompt_id, baseline, candidate, baseline_response, candidate_response }] =
      together;
    names = [candidate, baseline];
    const raters = together.filter(isJudged).map(({ score, order, winner, rationale, judge }) => ({
      score: 2 * score - 1,
      rating_label: ratingLabel(winner, order),
      is_flipped: order === 'baseline-first',
      rationale: `${judge}: ${rationale ?? ''}`,
    }));
    if (raters.length === 0) {
      leftOut++;
      continue;
    }
    const example = {
      input_text: prompt ?? prompt_id,
      tags: [suite, ...(category === null ? [] : [category])],
      output_text_a: candidate_response ?? '',
      output_text_b: baseline_response ?? '',
      score: raters.reduce((sum, { score }) => sum + score, 0) / raters.length,
      individual_rater_scores: raters,
      custom_fields: {},
    };
    yield `${written++ === 0 ? '' : ','}\n${JSON.stringify(example)}`;
  }
  const metadata = { source_path: 'doubleblind', custom_fields_schema: [], left_out: leftOut };
  yield `\n],"models":${JSON.stringify(names.map((name) => ({ name })))},"metadata":${JSON.stringify(metadata)}}\n`;
}

/** The viewer's own library labels what was presented: A is the text printed first. */
function ratingLabel(winner: 'baseline' | 'candidate' | 'tie', order: Judgment['order']): string {
  if (winner === 'tie') return 'same';
  return (winner === 'candidate') === (order !== 'baseline-first') ? 'A is better' : 'B is better';
}

/** A JSON array of AlpacaEval annotations, one per comparison and judge; `preference` is null where a judgment failed. */
async function* toAlpacaEval(judgments: AsyncIterable<Judgment>): AsyncGenerator<string> {
  let written = 0;
  yield '[';
  for await (const together of comparisons(judgments))
    for (const judged of byJudge(together)) {
      const { suite, prompt, prompt_id, baseline, candidate, baseline_response, candidate_response, judge } =
        judged[0]!;
      const score = meanScore(judged);
      const annotation = {
        instruction: prompt ?? prompt_id,
        output_1: baseline_response ?? '',
        generator_1: baseline,
        dataset: suite,
        output_2: candidate_response ?? '',
        generator_2: candidate,
        annotator: judge,
        preference: score === null ? null : 1 + score,
      };
      yield `${written++ === 0 ? '' : ','}\n${JSON.stringify(annotation)}`;
    }
  yield '\n]\n';
}

/**
 * JSON Lines of preference pairs for training. Only consistent wins: every judge in every order names the same winner,
 * none failed, none calls it a tie.
 */
async function* toDpo(judgments: AsyncIterable<Judgment>): AsyncGenerator<string> {
  for await (const together of comparisons(judgments)) {
    const [{ suite, prompt, prompt_id, repeat, winner, baseline_response, candidate_response }] = together;
    if (winner === null || winner === 'tie' || together.some((judgment) => judgment.winner !== winner)) continue;
    if (prompt === null || baseline_response === null || candidate_response === null) continue;
    const [chosen, rejected] =
      winner === 'candidate' ? [candidate_response, baseline_response] : [baseline_response, candidate_response];
    const meta = { suite, prompt_id, repeat, winner, judgments: together.length };
    yield `${JSON.stringify({ prompt, chosen, rejected, meta })}\n`;
  }
}

/**
 * CSV with a header, every field of a judgment as a column, lists and records as JSON. Cells that a spreadsheet would
 * run as a formula begin with an apostrophe.
 */
async function* toCsv(judgments: AsyncIterable<Judgment>): AsyncGenerator<string> {
  const columns = Object.keys(judgmentSchema.shape);
  const options = { columns, escape_formulas: true };
  yield stringify([], { ...options, header: true });
  for await (const judgment of judgments) yield stringify([judgment], options);
}
