// A run cut into blocks of work: what is due is what the store lacks, so that handing a run out again after any stop adds
// only the rest.
import type { RunConfig } from './config.js';
import type { Plan, Unit } from './plan.js';
import type { Block, Queue, Terms } from './queue/index.js';
import { type Role, ROLES, type Run } from './records.js';
import { type RecordedFiles, recordedResponses } from './responses.js';
import { judgmentId } from './store/judgment-writes.js';
import type { Store } from './store/index.js';

/** Units of a block: enough that handing it out costs next to nothing, few enough that losing it costs little. */
const UNITS = 100;

export interface HandedOut {
  run: Run;
  config: RunConfig;
  plan: Plan;
  recorded: RecordedFiles;
  /** Responses only, of these roles. */
  generate: readonly Role[] | undefined;
  terms: Terms;
}

/** Puts everything that is due in line; judgments follow the responses they need. */
export async function handOut(work: HandedOut, queue: Queue, store: Store): Promise<void> {
  const { run, config, plan, generate, terms } = work;
  const size = promptsOfBlock(config);
  for (let from = 0, slice = 0; from < plan.order.length; from += size, slice++) {
    const positions = [...plan.order.subarray(from, from + size)];
    const responses = await responsesOf(work, positions, slice, store);
    if (responses.length > 0 || generate !== undefined) {
      await queue.enqueue(responses);
      continue;
    }
    const states = await store.judgmentStates(run.id, positions);
    const due = positions.flatMap((position) => plan.units(position)).filter((u) => isDue(u, run.id, states, terms));
    const judges = new Set(due.map(({ judge }) => judge));
    const block = (who: string): Block => ({ run_id: run.id, who, part: 'judge', slice, positions, terms });
    await queue.enqueue([...judges].map(block));
  }
}

/** Puts the responses to the first prompts in line, and no judgments after them; how many blocks. */
export async function handOutFirst(work: HandedOut, prompts: number, queue: Queue, store: Store): Promise<number> {
  const size = promptsOfBlock(work.config);
  let blocks = 0;
  for (let from = 0, slice = 0; from < Math.min(prompts, work.plan.order.length); from += size, slice++) {
    const positions = [...work.plan.order.subarray(from, Math.min(from + size, prompts))];
    const responses = await responsesOf(work, positions, slice, store);
    await queue.enqueue(responses.map((block) => ({ ...block, alone: true })));
    blocks += responses.length;
  }
  return blocks;
}

/** Blocks of the responses that some prompts lack; what is recorded is stored at once, since workers need no file. */
async function responsesOf(work: HandedOut, positions: number[], slice: number, store: Store): Promise<Block[]> {
  const { run, config, plan, recorded, generate, terms } = work;
  await store.addResponses(recordedResponses(positions, plan, config, run.id, recorded));
  const stored = await store.responsesAt(run.id, positions);
  const there = stored.filter(({ state }) => state === 'answered' || !terms.retry_failed);
  return (generate ?? ROLES)
    .filter(
      (role) =>
        config[role].provider !== 'recorded' &&
        there.filter((r) => r.role === role).length < positions.length * config.sampling.repeats,
    )
    .map((part) => ({ run_id: run.id, who: config[part].name, part, slice, positions, terms }));
}

/** The judges' blocks of the prompts of a block of responses. */
export function judgesAfter(block: Block, config: RunConfig): Block[] {
  return block.part === 'judge' || block.part === 'reach' || block.alone === true
    ? []
    : config.judges.map(({ name }) => ({ ...block, who: name, part: 'judge' as const }));
}

/** Whether a unit still has to be asked, by the states of what is stored. */
export function isDue(unit: Unit, runId: string, states: Map<string, string>, { retry_failed }: Terms): boolean {
  const state = states.get(judgmentId({ run_id: runId, ...unit }));
  return state === undefined || (state === 'failed' && retry_failed);
}

/** Prompts of a block: of every judge about as many units as a block should have. */
function promptsOfBlock({ orders, sampling }: RunConfig): number {
  return Math.max(1, Math.ceil(UNITS / ((orders === 'both' ? 2 : 1) * sampling.repeats)));
}
