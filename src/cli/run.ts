// `run`, `generate`, `resume`: the main job from a run file.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CalledOff } from '../errors.js';
import { type CommonOptions, say, usingStore, withDatabase } from './action.js';

export const DEFAULT_EXPORTS = 'exports';

export interface RunFlags extends CommonOptions {
  limit?: number;
  seed?: number;
  concurrency?: number;
  orders?: 'both' | 'balanced' | 'random';
  retest?: number;
  dryRun?: boolean;
  budgetUsd?: number;
  batch?: boolean;
  cache?: boolean;
  fresh?: boolean;
  again?: boolean;
  allowMissing?: boolean;
  allowIdentityMismatch?: boolean;
  strictResponses?: boolean;
  maxFailed: number;
  stop?: 'when-decided';
  tag?: Record<string, string>;
  exports: string;
  role?: 'baseline' | 'candidate';
  distributed?: boolean;
  lease?: number;
}

export function register(program: Command): void {
  runOptions(withDatabase(program.command('run <run.yaml>')))
    .description('judge a candidate against its baseline, blind, and say who wins')
    .option('--limit <n>', 'prompts of each suite', count)
    .option('--seed <n>', 'drives orders, samples and bootstrap', integer)
    .addOption(new Option('--orders <orders>', 'orders of presentation').choices(['both', 'balanced', 'random']))
    .option('--retest <share>', 'share of comparisons judged again in the same order', share)
    .option('--dry-run', 'calls, cost and what the size can detect; spends nothing')
    .option('--again', 'a second run of the same configuration')
    .addOption(new Option('--stop <rule>', 'end early once decided').choices(['when-decided']))
    .option('--tag <key=value>', 'a tag; repeatable', tag, {})
    .action(async (file: string, flags: RunFlags) => {
      const { runFile } = await import('./running.js');
      process.exitCode = await runFile(file, flags);
    });

  runOptions(withDatabase(program.command('generate <run.yaml>')))
    .description('responses only, for one model at a time; `run` uses them later')
    .option('--limit <n>', 'prompts of each suite', count)
    .addOption(new Option('--role <role>', 'one checkpoint only').choices(['baseline', 'candidate']))
    .action(async (file: string, flags: RunFlags) => {
      const { generateFile } = await import('./running.js');
      process.exitCode = await generateFile(file, flags);
    });

  runOptions(withDatabase(program.command('resume <run-id>')))
    .description('finish an interrupted or partly failed run; failed judgments are asked again')
    .option('--limit <n>', 'prompts of each suite', count)
    .action(async (id: string, flags: RunFlags) => {
      const { resumeRun } = await import('./running.js');
      process.exitCode = await usingStore(flags, (store) => resumeRun(store, id, flags));
    });
}

/** Options of every command that asks models. */
export function runOptions(command: Command): Command {
  return command
    .option('-j, --concurrency <n>', 'calls under way at once per endpoint', count)
    .option('--budget-usd <x>', 'hard cap over responses and judgments', money)
    .option('--batch', "judge through the providers' batch services, at half price; remembered by the run")
    .option('--no-batch', 'cancel what is open there and ask one by one')
    .option('--no-cache', 'neither read nor write the answer cache')
    .option('--fresh', 'ask anew what the cache holds')
    .option('--allow-missing', 'go on without prompts that a recorded file does not answer')
    .option('--allow-identity-mismatch', 'go on when a server serves another checkpoint than the folder')
    .option('--strict-responses', 'stop when responses look faulty, before any judge is called')
    .option('--max-failed <share>', 'exit 1 above this share of due judgments failed or missing', share, 0.05)
    .option('--distributed', 'hand the work to `doubleblind worker` processes and wait (PostgreSQL)')
    .option('--lease <seconds>', 'a worker that is silent for this long loses its work to others', count, 30)
    .option('--exports <dir>', 'where files are written', DEFAULT_EXPORTS);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}
export function integer(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It is not a whole number.');
  return value;
}
export function count(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}
export function share(text: string): number {
  const value = number(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError('It must lie between 0 and 1.');
  return value;
}
function money(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError('It must be more than 0.');
  return value;
}
export function tag(text: string, tags: Record<string, string>): Record<string, string> {
  const [key = '', value] = text.split(/=(.*)/s);
  if (key === '' || value === undefined) throw new InvalidArgumentError('It must look like key=value.');
  return { ...tags, [key]: value };
}

/** The first Ctrl-C or SIGTERM lets running calls finish; the second leaves at once. */
export function stopOnSignals(resumeWith: () => string): {
  signal: AbortSignal;
  /** The exit code that a signal leads to; null when none came. */
  exit: () => 130 | 3 | null;
  done: () => void;
} {
  const controller = new AbortController();
  let exit: 130 | 3 | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    // Ctrl-C is a person; SIGTERM comes from outside, as a lost endpoint does.
    const code = signal === 'SIGINT' ? 130 : 3;
    if (exit !== null) process.exit(code);
    exit = code;
    controller.abort(code === 130 ? new CalledOff('stopped by a person') : new Error(`stopped by ${signal}`));
    say(`\nFinishing the calls under way; press Ctrl-C again to leave at once. Go on later with: ${resumeWith()}`);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    exit: () => exit,
    done: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
