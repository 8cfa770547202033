// When the responses of a run are looked at: the first ones before any judge is called, all of them at the end, or while
// the first are judged where they stand in files. What is odd is told at once, again with the counts of all, and kept
// with the run, whose summary warns of it; whoever wants to be strict has all looked at first, and is stopped by it.
import type { RunConfig } from './config.js';
import { DoubleblindError } from './errors.js';
import type { Plan, PlannedPrompt } from './plan.js';
import { type Response, type Role, ROLES } from './records.js';
import { ResponseChecks, type ResponseFault } from './response-checks.js';
import type { RecordedFiles } from './responses.js';
import type { Store } from './store/index.js';

/** Responses of a role that are looked at before any judge is called. */
export const FIRST_LOOK = 20;

/** Prompts that are looked at between two turns of those who ask and judge: they wait as long for their own. */
const BETWEEN_TURNS = 4;

export interface LookingWorld {
  store: Pick<Store, 'allResponses' | 'run' | 'spent' | 'updateRun'>;
  onWarning?(warning: { code: string; message: string }): void;
}

export class Looks {
  private readonly told = new Set<string>();
  private all: Promise<void> | null = null;

  constructor(
    private readonly runId: string,
    private readonly config: Pick<RunConfig, Role | 'sampling'>,
    private readonly world: LookingWorld,
    private readonly options: { recorded: RecordedFiles; strictResponses?: boolean | undefined },
  ) {}

  /** Whether nothing has to be asked before everything can be looked at. */
  get allRecorded(): boolean {
    return ROLES.every((role) => this.config[role].provider === 'recorded');
  }

  /** Looks at some responses. @throws RESPONSES_SUSPICIOUS where that was wanted */
  async at(responses: Iterable<Response>): Promise<void> {
    const checks = this.checks();
    for (const response of responses) checks.add(response);
    await this.keep(checks.faults());
  }

  /** Looks at the first responses of recorded files and tells what is odd; all of them are still to be looked at. */
  atFirst(plan: Plan): void {
    const checks = this.checks();
    for (const position of plan.order.subarray(0, FIRST_LOOK)) this.addRecorded(plan.at(position), checks);
    this.tell(checks.faults());
  }

  /**
   * Looks at all responses, once: those of recorded files, where others go on in between, or what is stored.
   * @throws RESPONSES_SUSPICIOUS where that was wanted
   */
  atAll(plan: Plan): Promise<void> {
    return (this.all ??= this.lookAtAll(plan));
  }

  private async lookAtAll(plan: Plan): Promise<void> {
    const checks = this.checks();
    if (ROLES.every((role) => this.options.recorded[role] !== undefined)) {
      for (const [i, position] of plan.order.entries()) {
        if (i > 0 && i % BETWEEN_TURNS === 0) await new Promise((resolve) => setImmediate(resolve));
        this.addRecorded(plan.at(position), checks);
      }
    } else for await (const response of this.world.store.allResponses(this.runId)) checks.add(response);
    await this.keep(checks.faults());
  }

  private addRecorded({ suite, prompt }: PlannedPrompt, checks: ResponseChecks): void {
    for (let repeat = 0; repeat < this.config.sampling.repeats; repeat++) {
      for (const role of ROLES) {
        const found = this.options.recorded[role]?.find({ ...prompt, suite }, repeat);
        if (found === undefined) continue;
        const { text: response, stop_reason } = found;
        checks.add({ role, state: 'answered', response, stop_reason, suite, prompt_id: prompt.id, repeat });
      }
    }
  }

  private checks(): ResponseChecks {
    const of = ({ name, model }: RunConfig[Role]) => [name, model?.split('/').at(-1) ?? name];
    return new ResponseChecks({ baseline: of(this.config.baseline), candidate: of(this.config.candidate) });
  }

  /** Keeps what was found with the run, in place of what an earlier look had found, and tells it. */
  private async keep(faults: ResponseFault[]): Promise<void> {
    const { store } = this.world;
    const { identities } = (await store.run(this.runId))!;
    if (JSON.stringify(identities['responses'] ?? []) !== JSON.stringify(faults))
      await store.updateRun(this.runId, { identities: { ...identities, responses: faults } });
    if (this.options.strictResponses === true && faults.length > 0) throw await this.refusal(faults);
    this.tell(faults);
  }

  private async refusal(faults: ResponseFault[]): Promise<DoubleblindError> {
    const { judged, failed } = await this.world.store.spent(this.runId);
    const called = judged + failed === 0 ? 'No judge was called' : 'No judge was called since';
    return new DoubleblindError('RESPONSES_SUSPICIOUS', faults.map(({ message }) => message).join(' '), {
      hint: `${called}; go on without --strict-responses to judge them anyway.`,
    });
  }

  private tell(faults: ResponseFault[]): void {
    for (const { code, message } of faults) {
      if (this.told.has(message)) continue;
      this.told.add(message);
      this.world.onWarning?.({ code, message });
    }
  }
}
