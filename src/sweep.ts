// The runs of one sweep put the same prompts to the same baseline: its responses are generated once and shared, so that
// candidates differ by nothing else and nothing is paid twice.
import { hashOf } from './hash.js';
import type { Response, Run } from './records.js';
import { responseId } from './store/responses.js';
import type { Store } from './store/index.js';

type SweepStore = Pick<Store, 'runs' | 'allResponses' | 'positions' | 'addResponses'>;

/** The runs of a sweep, newest first. */
export async function runsOfSweep(store: Pick<Store, 'runs'>, sweep: string): Promise<Run[]> {
  const found: Run[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = await store.runs({ sweep }, 1000, cursor);
    found.push(...page.items);
    more = page.next_cursor !== null;
    cursor = page.next_cursor ?? undefined;
  }
  return found;
}

/**
 * Copies the baseline's answered responses from the other runs of the sweep to a run that lacks them; how many came.
 * Runs that put other prompts, or ask another baseline or in another way, share nothing.
 */
export async function takeBaseline(store: SweepStore, run: Run): Promise<number> {
  if (run.sweep === null) return 0;
  const asked = askedOf(run);
  const siblings = (await runsOfSweep(store, run.sweep)).filter(
    (other) => other.id !== run.id && other.origin === 'own' && askedOf(other) === asked,
  );
  if (siblings.length === 0) return 0;
  const positions = await store.positions(run.id);
  const taken = new Set<string>();
  for await (const { role, state, id } of store.allResponses(run.id))
    if (role === 'baseline' && state === 'answered') taken.add(id);
  let came = 0;
  for (const sibling of siblings) {
    const rows: { response: Response; position: number }[] = [];
    for await (const response of store.allResponses(sibling.id)) {
      if (response.role !== 'baseline' || response.state !== 'answered') continue;
      const position = positions.get(`${response.suite}\0${response.prompt_id}`);
      const id = responseId(run.id, response.suite, response.prompt_id, response.repeat, 'baseline');
      if (position === undefined || taken.has(id)) continue;
      taken.add(id);
      rows.push({ response: { ...response, id, run_id: run.id, cost_usd: 0, latency_ms: null }, position });
    }
    await store.addResponses(rows);
    came += rows.length;
  }
  return came;
}

/** What decides about the baseline's responses: who is asked what, and how. */
function askedOf(run: Run): string {
  const { baseline, sampling, suites, seed } = run.config;
  const content = run.identities['content'] as { baseline?: string } | undefined;
  return hashOf(JSON.parse(JSON.stringify([baseline, sampling, suites, seed, content?.baseline ?? null])));
}
