// Judged files become runs, so that every statistic, page and export works on them. What is there already is not added
// again, so the same import twice changes nothing.
import { hash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { Accuracies } from './audit/accuracy.js';
import { changedFiles } from './audit/as-written.js';
import { judgedFiles } from './audit/files.js';
import { DoubleblindError } from './errors.js';
import { folderName } from './export.js';
import { fileHash } from './bytes.js';
import { storedRows } from './audit/stored-rows.js';
import { type ReadOptions, readSound, type Row, rowNumbering } from './formats/index.js';
import { hashOf } from './hash.js';
import { RULES, type RuleJudge } from './judges.js';
import { type Domain, type Judgment, type Response, type Role, ROLES, type Run } from './records.js';
import { readManifest, readResponses, readRunDocument, type RunDocument } from './run-document.js';
import type { KnownAnswer } from './store/certifications.js';
import { judgmentId, type PlacedJudgment } from './store/judgment-writes.js';
import { type PlacedResponse, responseId } from './store/responses.js';
import type { ImportedPrompt } from './store/runs.js';
import type { Store } from './store/index.js';
import type { Warning } from './summary.js';

export interface ImportOptions extends ReadOptions {
  purpose?: string | undefined;
  name?: string | undefined;
  tags?: Record<string, string> | undefined;
  now: string;
  environment?: Record<string, unknown> | undefined;
}

export interface Imported {
  runs: Run[];
  rows: number;
  added: number;
  /** Rows that repeat one that is there. */
  known: number;
  warnings: Warning[];
}

/** Records that are written together. */
const BATCH = 5000;

/** Reads judged files, or the judged files of folders, into runs: our own lines keep run id and ids; other files make one run per pair of checkpoints. */
export async function importFiles(store: Store, paths: string[], options: ImportOptions): Promise<Imported> {
  const { files } = await judgedFiles(paths, options);
  const targets = new Map<string, Target>();
  const result: Imported = { runs: [], rows: 0, added: 0, known: 0, warnings: [] };
  const number = rowNumbering();
  const content = hashOf(await Promise.all(files.map(fileHash)));
  const made: string[] = [];
  try {
    for await (const row of readSound(files, options)) {
      result.rows++;
      const standing = number(row);
      if (standing === 'known') {
        result.known++;
        continue;
      }
      const key = row.judgment.run_id || `${row.judgment.baseline}\0${row.judgment.candidate}`;
      let target = targets.get(key);
      if (target === undefined) {
        result.warnings.push(...(await oddities(store, row)));
        const { run, isNew } = await runFor(store, row, content, options);
        if (isNew) made.push(run.id);
        target = await Target.open(store, run, row.file);
        targets.set(key, target);
      }
      await target.add(row);
    }
    if (result.rows === 0)
      throw new DoubleblindError('FILE_UNKNOWN_FORMAT', 'holds no judged rows.', { file: files[0] });
  } catch (error) {
    // Of files that cannot be read to their end no run is left; a database that fails keeps what it has.
    if (error instanceof DoubleblindError) for (const id of made) await store.deleteRun(id);
    throw error;
  }
  for (const target of targets.values()) {
    await target.flush();
    result.added += target.added;
    const identities = {
      ...target.run.identities,
      ...(target.answered && { certified: await accuracyOf(store, target.run) }),
      ...(target.rules.size > 0 && { judges: [...target.rules.values()] }),
    };
    await store.updateRun(target.run.id, { planned: await plannedOf(store, target.run), identities });
    result.runs.push((await store.run(target.run.id))!);
  }
  result.known = result.rows - result.added;
  return result;
}

/** A run's files go into a folder of its id. @throws INVALID_VALUE */
function checkRunId({ judgment: { run_id }, file, line }: Row): void {
  if (run_id === '' || folderName(run_id) === run_id) return;
  const message = `"run_id" must be the name of a folder, found ${JSON.stringify(run_id).slice(0, 80)}.`;
  const hint = 'It holds letters, digits, ".", "_" and "-", and begins and ends with none of ".-".';
  throw new DoubleblindError('INVALID_VALUE', message, { file, line, hint });
}

/** What is odd about the files of a run, before it is made or added to. */
async function oddities(store: Store, row: Row): Promise<Warning[]> {
  const { run_id } = row.judgment;
  if (run_id === '') return [];
  const [known, beside] = [await store.run(run_id), await documentBeside(row)];
  const warnings = await changedBeside(row.file);
  return known?.origin === 'import' && beside?.run.origin === 'own'
    ? [notTaken(row.file, run_id), ...warnings]
    : warnings;
}

function notTaken(file: string, id: string): Warning {
  const message = `run ${id} was made from its judged lines alone, and run.json and responses.jsonl of ${dirname(file)} are not taken over: doubleblind delete ${id}, then import the folder.`;
  return { code: 'RUN_NOT_TAKEN_OVER', message };
}

/** That files which an import reads are not those that the manifest beside them names. */
async function changedBeside(file: string): Promise<Warning[]> {
  const folder = dirname(file);
  const manifest = basename(file) === 'judged.jsonl' ? await readManifest(folder) : null;
  if (manifest === null) return [];
  const changed = (await changedFiles(folder, manifest)).map((one) => basename(one.file));
  const read = ['judged.jsonl', 'responses.jsonl', 'run.json'].filter((name) => changed.includes(name));
  if (read.length === 0) return [];
  const what = read.length === 1 ? 'is not what was' : 'are not what was';
  const message = `${read.join(', ')} in ${folder} ${what} written, as its manifest.json says: look at it with doubleblind audit ${folder}.`;
  return [{ code: 'FILES_CHANGED', message }];
}

/** What `run.json` beside a judged file of our own says, when it is of the same run. */
async function documentBeside({ judgment, file }: Row): Promise<RunDocument | null> {
  const beside = judgment.run_id === '' ? null : await readRunDocument(dirname(file));
  return beside?.run.id === judgment.run_id ? beside : null;
}

/** The stored run that rows belong to, made when it is not there. */
async function runFor(
  store: Store,
  row: Row,
  content: string,
  options: ImportOptions,
): Promise<{ run: Run; isNew: boolean }> {
  checkRunId(row);
  const { judgment, file } = row;
  const beside = await documentBeside(row);
  if (beside !== null) {
    const isNew = (await store.run(beside.run.id)) === null;
    if (isNew) await store.createRun(beside.run, beside.suites);
    await store.addKnownAnswers(beside.run.id, beside.answers);
    return { run: (await store.run(beside.run.id))!, isNew };
  }
  const { baseline, candidate } = judgment;
  const configuration = hashOf(['import', content, baseline, candidate, options.format ?? null]);
  const stamp = options.now.slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  const id =
    judgment.run_id === ''
      ? await knownImport(store, configuration, `${stamp}-${configuration.slice(0, 4)}`)
      : judgment.run_id;
  const known = await store.run(id);
  if (known !== null) return { run: known, isNew: false };
  const run: Run = {
    id,
    configuration,
    name: options.name ?? candidate,
    purpose: options.purpose ?? 'uncategorized',
    description: null,
    data_purpose: null,
    data_path: null,
    tags: options.tags ?? {},
    baseline,
    candidate,
    sweep: null,
    origin: 'import',
    status: 'done',
    reason: null,
    config: { files: [file] },
    decision_rule: {},
    environment: options.environment ?? {},
    identities: {},
    planned: { prompts: 0, comparisons: 0, responses: 0, judgments: 0 },
    exports: null,
    created_at: options.now,
    started_at: null,
    ended_at: options.now,
  };
  await store.createRun(run, []);
  return { run, isNew: true };
}

async function knownImport(store: Store, configuration: string, otherwise: string): Promise<string> {
  return (await store.runsOfConfiguration(configuration, 'import'))[0]?.id ?? otherwise;
}

/** How often each judge of an imported run names the right answer that its file states; the run carries it. */
async function accuracyOf(store: Store, run: Run): Promise<Accuracies['byJudge']> {
  const accuracies = new Accuracies();
  for await (const row of storedRows(store, run)) accuracies.add(row, 'new');
  return accuracies.byJudge;
}

async function plannedOf(store: Store, run: Run): Promise<Run['planned']> {
  if (run.origin === 'own') return run.planned;
  const [{ judged, failed, responses }, comparisons, prompts] = await Promise.all([
    store.spent(run.id),
    store.compared(run.id),
    store.positions(run.id),
  ]);
  return { prompts: prompts.size, comparisons, responses, judgments: judged + failed };
}

/** A run that rows are written to: prompts first, then responses, then judgments, a batch at a time. */
class Target {
  added = 0;
  /** A row stated the right answer. */
  answered = false;
  /** Judges of an imported run that ask no model, by name. */
  readonly rules: Map<string, RuleJudge>;
  private prompts: ImportedPrompt[] = [];
  private responses = new Map<string, PlacedResponse>();
  private judgments = new Map<string, PlacedJudgment>();
  private answers = new Map<string, KnownAnswer>();
  private readonly suites = new Map<string, number>();
  /** Hash of the response at each coordinate, to see when a judge saw another text. */
  private readonly texts = new Map<string, string>();
  private next = 0;

  private constructor(
    private readonly store: Store,
    readonly run: Run,
    private readonly positions: Map<string, number>,
  ) {
    this.rules = new Map(((run.identities['judges'] ?? []) as RuleJudge[]).map((judge) => [judge.name, judge]));
  }

  static async open(store: Store, run: Run, file: string): Promise<Target> {
    const target = new Target(store, run, await store.positions(run.id));
    for (const [key, position] of target.positions) {
      const [suite = ''] = key.split('\0');
      if (!target.suites.has(suite)) target.suites.set(suite, target.suites.size);
      target.next = Math.max(target.next, position + 1);
    }
    for await (const response of store.allResponses(run.id)) target.remember(response);
    if (run.origin === 'own') await target.addResponses(dirname(file));
    return target;
  }

  /** `responses.jsonl` beside our own judged lines says more of each response than the lines do. */
  private async addResponses(folder: string): Promise<void> {
    for await (const response of readResponses(folder)) {
      const position = this.positions.get(`${response.suite}\0${response.prompt_id}`);
      // An answer takes the place of the failures before it.
      if (response.run_id !== this.run.id || position === undefined || this.texts.has(coordinate(response))) continue;
      this.remember(response);
      this.responses.set(response.id, { response, position });
    }
  }

  async add({ judgment: read, truth }: Row): Promise<void> {
    const judgment = { ...read, run_id: this.run.id } as Judgment;
    if (judgment.id === '') judgment.id = judgmentId(judgment);
    const provider = RULES.find((rule) => rule === judgment.judge_provider);
    if (provider !== undefined && this.run.origin === 'import')
      this.rules.set(judgment.judge, { name: judgment.judge, provider });
    const position = this.place(judgment);
    const same = ROLES.map((role) => this.sameText(role, judgment, position)).every(Boolean);
    // A judgment and the one that takes its place add up: PostgreSQL wants them in statements of their own.
    if (this.judgments.has(judgment.id)) await this.flush();
    this.judgments.set(judgment.id, { judgment, position, own_texts: !same });
    if (truth !== null) this.answers.set(judgment.prompt_id, { prompt_id: judgment.prompt_id, ...truth });
    if (this.judgments.size >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    await this.store.addPrompts(this.run.id, this.prompts);
    await this.store.addResponses([...this.responses.values()]);
    await this.store.addKnownAnswers(this.run.id, [...this.answers.values()]);
    this.answered ||= this.answers.size > 0;
    this.answers.clear();
    this.added += await this.store.addJudgments([...this.judgments.values()]);
    this.prompts = [];
    this.responses.clear();
    this.judgments.clear();
  }

  private place(judgment: Judgment): number {
    const key = `${judgment.suite}\0${judgment.prompt_id}`;
    let position = this.positions.get(key);
    if (position === undefined) {
      position = this.next++;
      this.positions.set(key, position);
      const { suite, prompt_id, domain, category, prompt } = judgment;
      if (!this.suites.has(suite)) this.suites.set(suite, this.suites.size);
      this.prompts.push({
        suite,
        suite_position: this.suites.get(suite)!,
        prompt_id,
        position,
        domain: domain as Domain | null,
        category,
        prompt,
      });
    }
    return position;
  }

  /** Whether the text a judge saw is the run's response; the first one seen becomes it. */
  private sameText(role: Role, judgment: Judgment, position: number): boolean {
    const text = judgment[`${role}_response`];
    if (judgment.canary !== null) return false;
    if (text === null) return true;
    const { suite, prompt_id, repeat } = judgment;
    const known = this.texts.get(coordinate({ suite, prompt_id, repeat, role }));
    if (known !== undefined) return known === fingerprint(text);
    const response: Response = {
      schema: 'doubleblind/response@1',
      id: responseId(this.run.id, suite, prompt_id, repeat, role),
      run_id: this.run.id,
      suite,
      prompt_id,
      prompt: judgment.prompt,
      repeat,
      role,
      checkpoint: judgment[role],
      provider: null,
      model: null,
      model_served: null,
      response: text,
      state: 'answered',
      failure: null,
      stop_reason: judgment[`${role}_stop_reason`],
      input_tokens: null,
      output_tokens: null,
      cost_usd: null,
      latency_ms: null,
      generated_at: null,
    };
    this.remember(response);
    this.responses.set(response.id, { response, position });
    return true;
  }

  private remember(response: Response): void {
    if (response.state === 'answered') this.texts.set(coordinate(response), fingerprint(response.response ?? ''));
  }
}

/** Enough of a text to tell it from another; whole texts would not fit for millions of rows. */
function fingerprint(text: string): string {
  return text.length <= 24 ? text : hash('sha256', text, 'base64').slice(0, 22);
}

function coordinate(at: { suite: string; prompt_id: string; repeat: number; role: Role }): string {
  return `${at.suite}\0${at.prompt_id}\0${at.repeat}\0${at.role}`;
}
