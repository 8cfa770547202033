// The work of `judge`.
import { resolve } from 'node:path';
import { DoubleblindError } from '../errors.js';
import { launch } from '../launch.js';
import { fromFiles, fromPairs, type Given } from '../posthoc.js';
import { loadEnv, usingStore } from './action.js';
import type { JudgeFlags } from './judge.js';
import { launchAll } from './running.js';

export async function judgeFiles(files: string[], flags: JudgeFlags): Promise<number> {
  loadEnv();
  if (flags.judge.length === 0) {
    throw new DoubleblindError('USAGE', 'no judge is named.', {
      hint: 'Add --judge provider:model, for example --judge offline:plain.',
    });
  }
  const { config, given } = await read(files, flags);
  const named = {
    ...config,
    concurrency: flags.concurrency ?? config.concurrency,
    budget_usd: flags.budgetUsd ?? null,
  };
  return usingStore(flags, (store) =>
    launchAll(store, [named], flags, 'resume', (c, world, options) => launch(c, world, { ...options, given })),
  );
}

async function read(
  files: string[],
  flags: JudgeFlags,
): Promise<Partial<Pick<Given, 'given'>> & Pick<Given, 'config'>> {
  const options = {
    judges: flags.judge,
    template: flags.template,
    suite: flags.suite,
    domain: flags.domain,
    orders: flags.orders,
    purpose: flags.purpose,
    seed: flags.seed,
    baseline_name: flags.baselineName,
    candidate_name: flags.candidateName,
    cwd: process.cwd(),
  };
  const { baseline, candidate } = flags;
  if (files.length > 0 && baseline === undefined && candidate === undefined)
    return fromPairs(
      files.map((f) => resolve(f)),
      options,
    );
  if (files.length === 0 && baseline !== undefined && candidate !== undefined) {
    return fromFiles(resolve(baseline), resolve(candidate), options);
  }
  throw new DoubleblindError('USAGE', 'either paired files or both --baseline FILE and --candidate FILE are needed.');
}
