// How often is a judge right where the right answer is known? Pairs are judged in both orders as a run of its own; what is
// found is kept and shown with every run that asks the same judge in the same words.
import { CERTIFICATION, certified, judgeIdentity } from './certified.js';
import type { Judge } from './run-file.js';
import { DoubleblindError } from './errors.js';
import { fileHash } from './bytes.js';
import { readKnownPairs } from './formats/known-pairs.js';
import { configFor, type Given, type PosthocOptions, recordedOf } from './posthoc.js';
import type { Prompt, Run, Tally } from './records.js';
import { rateBy } from './stats/index.js';
import type { KnownAnswer } from './store/certifications.js';
import type { Store } from './store/index.js';
import { stemOf } from './suites/index.js';
import type { JudgeHealth, Rate } from './summary.js';

export interface Certification {
  run: string;
  judge: string;
  model: string | null;
  template: string | null;
  pairs: number;
  /** Pairs with a failed judgment; they count as not right unless the other order alone is. */
  failed: number;
  /** Right in both orders together (+1 right, −1 wrong, 0 tie or none, sum above 0); `all` first, then by group. */
  accuracy: JudgeHealth['accuracy'];
  /** Share of pairs with the same winner in both orders. */
  consistency: Rate;
  cost_usd: number | null;
  cost_per_correct_usd: number | null;
}

/**
 * A run on pairs with known answers, and the answers, which no judge sees.
 * @throws SUITE_DUPLICATE_ID, SUITE_EMPTY, and what reading throws
 */
export async function fromKnownPairs(
  file: string,
  options: PosthocOptions,
): Promise<Given & { answers: KnownAnswer[] }> {
  const prompts: Prompt[] = [];
  const texts = { baseline: new Map<string, string[]>(), candidate: new Map<string, string[]>() };
  const answers: KnownAnswer[] = [];
  for await (const pair of readKnownPairs(file)) {
    const { prompt_id: id, prompt, group, winner, response_a, response_b, line } = pair;
    if (texts.baseline.has(id))
      throw new DoubleblindError('SUITE_DUPLICATE_ID', `pair "${id}" appears twice.`, { file, line });
    prompts.push({ id, category: group, prompt, messages: null, system: null, reference: null });
    texts.baseline.set(id, [response_a]);
    texts.candidate.set(id, [response_b]);
    answers.push({ prompt_id: id, winner, group });
  }
  if (prompts.length === 0) throw new DoubleblindError('SUITE_EMPTY', 'holds no pairs.', { file });
  const suite = { name: stemOf(file), domain: 'in-domain' as const, description: null, prompts };
  const config = await configFor([suite], 'response_B', 1, {
    ...options,
    baseline_name: 'response_A',
    purpose: CERTIFICATION,
  });
  const sha256 = await fileHash(file);
  return {
    config: { ...config, name: `certification-${suite.name}`, canaries: false },
    given: { baseline: recordedOf(texts.baseline, sha256), candidate: recordedOf(texts.candidate, sha256) },
    answers,
  };
}

/** What every judge of a certification run is worth; kept, and told to the runs that ask the same judge. */
export async function certify(
  store: Store,
  run: Run,
  answers: readonly KnownAnswer[],
  at: string,
): Promise<Certification[]> {
  await store.addKnownAnswers(run.id, answers);
  const [tallies, costs] = await Promise.all([store.tallies(run.id), store.costs(run.id)]);
  const judges = (run.config as { judges: Judge[] }).judges;
  const known = new Map(answers.map((answer) => [answer.prompt_id, answer]));
  const results = judges.map((judge) => {
    const own = tallies.filter((tally) => tally.judge === judge.name);
    const spent = costs.filter(({ name, kind }) => kind === 'judge' && name === judge.name);
    const priced = spent.length > 0 && spent.every(({ cost_usd }) => cost_usd !== null);
    const cost_usd = priced ? spent.reduce((sum, { cost_usd }) => sum + cost_usd!, 0) : null;
    return certificationOf(run.id, judge, own, known, cost_usd);
  });
  for (const [i, result] of results.entries()) {
    const identity = judgeIdentity(judges[i]!);
    await store.keepCertification({ run_id: run.id, judge: result.judge, identity, certified_at: at, result });
  }
  await tellRuns(store, new Set(judges.map(judgeIdentity)));
  return results;
}

function certificationOf(
  run: string,
  judge: Judge,
  tallies: Tally[],
  known: Map<string, KnownAnswer>,
  cost_usd: number | null,
): Certification {
  const rows = tallies.flatMap((tally) => {
    const answer = known.get(tally.prompt_id);
    if (answer === undefined) return [];
    const { baseline_first: b, candidate_first: c } = tally;
    const forCandidate = b.wins + c.wins - b.losses - c.losses;
    const right = Number((answer.winner === 'candidate' ? forCandidate : -forCandidate) > 0);
    return [{ prompt: tally.prompt_hash, group: answer.group, right, failed: b.failed + c.failed > 0, tally }];
  });
  const paired = rows.filter(({ tally }) => tally.pairs > 0);
  const groups = [...new Set(rows.map(({ group }) => group))].sort();
  const accuracy = rateBy(rows, ({ right }) => right);
  const right = rows.reduce((sum, row) => sum + row.right, 0);
  return {
    run,
    judge: judge.name,
    model: judge.model ?? null,
    template: judge.template,
    pairs: rows.length,
    failed: rows.filter(({ failed }) => failed).length,
    accuracy: [
      { group: 'all', ...accuracy },
      ...(groups.length < 2
        ? []
        : groups.map((group) => ({
            group,
            ...rateBy(
              rows.filter((row) => row.group === group),
              (row) => row.right,
            ),
          }))),
    ],
    consistency: rateBy(paired, ({ tally }) => Number(!tally.outcomes.includes('o'))),
    cost_usd,
    cost_per_correct_usd: cost_usd === null || right === 0 ? null : cost_usd / right,
  };
}

/** A run carries what is known of its judges in its own record, so that its files alone still prove its numbers. */
async function tellRuns(store: Store, identities: Set<string>): Promise<void> {
  for (let cursor: string | undefined, more = true; more;) {
    const page = await store.runs({}, 200, cursor);
    for (const run of page.items) {
      const judges = (run.config as { judges?: Judge[] }).judges ?? [];
      if (!judges.some((judge) => identities.has(judgeIdentity(judge)))) continue;
      await store.updateRun(run.id, { identities: { ...run.identities, certified: await certified(store, judges) } });
    }
    cursor = page.next_cursor ?? undefined;
    more = cursor !== undefined;
  }
}
