import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ORDERS, type Judgment, type Order } from '../../src/records.js';
import { scoreOf } from '../../src/judging/outcome.js';
import { bySide, present, unblind } from '../../src/judging/present.js';
import { findQuote } from '../../src/judging/quote.js';
import { rederive, type Source } from '../../src/judging/replay.js';
import { parseTemplate } from '../../src/judging/template.js';
import { readReply } from '../../src/judging/verdict.js';

const path = 'prompts/pairwise-rubric.md';
const template = parseTemplate(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), path);
const prompt = { prompt: 'Why is the sky blue?', messages: null, system: null, reference: null };
const source: Source = { template, prompt, seed: 7 };
const baseline_response = 'Short waves scatter more than long ones.\u200b';
const candidate_response = 'It mirrors the sea, as everyone can see.';

const rated = (n: number) => Object.fromEntries(template.criteria.map((criterion) => [criterion, n]));
const sayingA = JSON.stringify({
  rationale: 'It names the cause.',
  quote: 'short waves scatter more',
  scores_a: rated(4),
  scores_b: rated(2),
  verdict: 'A',
});

/** A judgment as a run stores it. */
function stored(order: Order, reply: string, changes: Partial<Judgment> = {}): Judgment {
  const shown = present({ template, prompt, baseline_response, candidate_response, order, seed: 7 });
  const reading = readReply({ text: reply, stop_reason: 'end' }, template);
  const winner = reading.state === 'judged' ? unblind(reading.verdict, order) : null;
  const scores = reading.state === 'judged' ? bySide(order, reading.scores_a, reading.scores_b) : null;
  return {
    schema: 'doubleblind/judgment@1',
    id: 'j1',
    run_id: 'r1',
    suite: 'in-domain',
    domain: 'in-domain',
    category: null,
    prompt_id: 'p1',
    prompt: prompt.prompt,
    repeat: 0,
    replicate: 0,
    canary: null,
    baseline: 'base',
    candidate: 'tuned',
    baseline_response,
    candidate_response,
    baseline_stop_reason: 'end',
    candidate_stop_reason: 'end',
    presentation_notes: shown.notes,
    judge: 'opus',
    judge_provider: 'anthropic',
    judge_model: 'm',
    judge_model_served: 'm',
    template: `${path}@x`,
    order,
    presentation_sha256: shown.sha256,
    reply,
    stop_reason: 'end',
    state: reading.state,
    failure: reading.state === 'failed' ? reading.failure : null,
    verdict: reading.state === 'judged' ? reading.verdict : null,
    winner,
    score: winner === null ? null : scoreOf(winner),
    baseline_scores: scores?.baseline ?? null,
    candidate_scores: scores?.candidate ?? null,
    rationale: reading.rationale,
    quote: reading.quote,
    quote_found_in: findQuote(reading.quote, baseline_response, candidate_response),
    input_tokens: 1,
    output_tokens: 1,
    cached_tokens: null,
    cost_usd: null,
    latency_ms: 1,
    attempts: 1,
    judged_at: null,
    ...changes,
  } as Judgment;
}
const fields = (line: Judgment, from: Source = source) => rederive(line, from).map(({ field }) => field);

describe('a judgment follows from its parts', () => {
  test.each(ORDERS)('judged in order %s', (order) => {
    expect(rederive(stored(order, sayingA), source)).toEqual([]);
  });

  test.each(['Winner: Neither', '', '{"verdict": "A"', 'Verdict: A\nVerdict: B'])('failed with %j', (reply) => {
    expect(rederive(stored('candidate-first', reply), source)).toEqual([]);
  });

  test('a judge that is a rule has no presentation, and its reply is read', () => {
    const line = stored('baseline-first', '{"verdict": "B"}', {
      presentation_sha256: null,
      presentation_notes: [],
      template: null,
    });
    expect(rederive(line, { ...source, template: null })).toEqual([]);
    expect(fields({ ...line, winner: 'baseline' } as Judgment, { ...source, template: null })).toEqual(['winner']);
  });

  test('nothing is derived where nothing is stored', () => {
    const line = stored('baseline-first', sayingA);
    expect(fields({ ...line, order: null } as Judgment)).toEqual([]);
    expect(fields({ ...line, baseline_response: null })).toEqual([]);
    expect(fields({ ...line, candidate_response: null })).toEqual([]);
    expect(fields({ ...line, reply: null })).toEqual([]);
  });

  test('an endpoint that broke off is not contradicted by what had arrived', () => {
    for (const failure of ['unreachable', 'too-long'] as const) {
      expect(fields(stored('baseline-first', '{"ratio', { failure }))).toEqual([]);
    }
    expect(fields(stored('baseline-first', '{"ratio', { failure: 'refused' }))).toEqual(['failure']);
    expect(fields(stored('baseline-first', sayingA, { failure: 'unreachable' } as Partial<Judgment>))).toEqual([
      'failure',
    ]);
  });
});

describe('every stored field that a number rests on is missed when changed', () => {
  const line = stored('candidate-first', sayingA);
  test.each<[string, Partial<Record<keyof Judgment, unknown>>, string[]]>([
    ['winner', { winner: 'baseline' }, ['winner']],
    ['score', { score: 0 }, ['score']],
    ['verdict', { verdict: 'B' }, ['verdict']],
    ['state', { state: 'failed' }, ['state']],
    ['failure', { failure: 'refused' }, ['failure']],
    ['scores', { baseline_scores: rated(4) }, ['baseline_scores']],
    ['scores of the candidate', { candidate_scores: null }, ['candidate_scores']],
    ['rationale', { rationale: 'Other.' }, ['rationale']],
    ['quote', { quote: null }, ['quote']],
    ['where the quote stands', { quote_found_in: 'candidate' }, ['quote_found_in']],
    ['prompt', { prompt: 'Why?' }, ['prompt']],
    ['notes', { presentation_notes: [] }, ['presentation_notes']],
    ['hash', { presentation_sha256: '0'.repeat(64) }, ['presentation_sha256']],
    ['baseline response', { baseline_response: 'x' }, ['presentation_notes', 'presentation_sha256', 'quote_found_in']],
    ['candidate response', { candidate_response: 'x' }, ['presentation_sha256']],
    ['reply', { reply: sayingA.replace('"A"', '"B"') }, ['verdict', 'winner', 'score']],
    [
      'stop reason',
      { stop_reason: 'length' },
      [
        'state',
        'verdict',
        'winner',
        'score',
        'baseline_scores',
        'candidate_scores',
        'failure',
        'rationale',
        'quote',
        'quote_found_in',
      ],
    ],
  ])('%s', (_, change, missed) => {
    expect(fields({ ...line, ...change } as Judgment)).toEqual(missed);
  });

  test('the order, with all that follows from it', () => {
    expect(rederive({ ...line, order: 'baseline-first' } as Judgment, source)).toEqual([
      expect.objectContaining({ field: 'presentation_notes' }),
      expect.objectContaining({ field: 'presentation_sha256' }),
      { field: 'winner', recorded: 'candidate', derived: 'baseline' },
      { field: 'score', recorded: 1, derived: 0 },
      { field: 'baseline_scores', recorded: rated(2), derived: rated(4) },
      { field: 'candidate_scores', recorded: rated(4), derived: rated(2) },
    ]);
  });

  test('and so is another seed, template or limit of the run', () => {
    expect(fields(line, { ...source, seed: 8 })).toEqual(['presentation_sha256']);
    expect(
      fields(line, { ...source, template: parseTemplate(template.text.replace('You rate', 'Rate'), path) }),
    ).toEqual(['presentation_sha256']);
    expect(fields(line, { ...source, max_chars: 25 })).toEqual(['presentation_notes', 'presentation_sha256']);
  });

  test('a verdict made of a failed reply is named in every field', () => {
    const forged = {
      ...stored('candidate-first', 'Winner: Neither'),
      state: 'judged',
      failure: null,
      verdict: 'A',
      winner: 'candidate',
      score: 1,
    };
    expect(rederive(forged as Judgment, source)).toEqual([
      { field: 'state', recorded: 'judged', derived: 'failed' },
      { field: 'verdict', recorded: 'A', derived: null },
      { field: 'winner', recorded: 'candidate', derived: null },
      { field: 'score', recorded: 1, derived: null },
      { field: 'failure', recorded: null, derived: 'unreadable' },
    ]);
  });
});
