// The work of `certify`: a run on the pairs, then what each judge is worth.
import { resolve } from 'node:path';
import { type Certification, certify, fromKnownPairs } from '../certification.js';
import { DoubleblindError } from '../errors.js';
import { counted, money, rated, whole } from '../figures.js';
import { launch } from '../launch.js';
import { loadEnv, print, usingStore } from './action.js';
import { next } from './next.js';
import { offlineAmong } from '../judges.js';
import type { CertifyFlags } from './certify.js';
import { withDigestCache } from './digest-cache.js';
import { launchOne } from './running.js';
import { warningLines } from './screen.js';
import { paint, plain } from './terminal.js';

export async function certifyFile(file: string, flags: CertifyFlags): Promise<number> {
  loadEnv();
  if (flags.judge.length === 0) {
    throw new DoubleblindError('USAGE', 'no judge is named.', {
      hint: 'Add --judge provider:model, for example --judge offline:plain.',
    });
  }
  const { judge: judges, template, seed } = flags;
  const options = { judges, template, seed, orders: 'both' as const, cwd: process.cwd() };
  const { config, given, answers } = await fromKnownPairs(resolve(file), options);
  const named = {
    ...config,
    concurrency: flags.concurrency ?? config.concurrency,
    budget_usd: flags.budgetUsd ?? null,
  };
  return usingStore(flags, async (store) => {
    const { launched, exit } = await withDigestCache((cache) =>
      launchOne(store, named, flags, 'again', (c, world, more) => launch(c, world, { ...more, given }), cache),
    );
    const results = await certify(store, launched.run, answers, new Date().toISOString());
    const warnings = offlineAmong([launched.run]);
    const then = `next  npx ${next(['show', launched.run.id], flags)}`;
    print(flags, { run: launched.run.id, status: launched.status, judges: results, warnings }, () =>
      [...results.flatMap(lines), ...warningLines({ warnings }), then].join('\n'),
    );
    return exit;
  });
}

function lines({
  judge,
  pairs,
  failed,
  accuracy,
  consistency,
  cost_usd,
  cost_per_correct_usd,
}: Certification): string[] {
  const width = Math.max(...accuracy.map(({ group }) => [...group].length));
  const cost =
    cost_usd === null ? 'price unknown' : `${money(cost_usd)}, ${money(cost_per_correct_usd)} per correct verdict`;
  return [
    `${paint.bold(plain(judge))}  ${counted(pairs, 'pair')} in both orders${failed === 0 ? '' : `, ${whole(failed)} with a failed judgment`}`,
    ...accuracy.map((one) => `  ${plain(one.group).padEnd(width)}  right ${rated(one)} of ${whole(one.n ?? 0)}`),
    `  same winner in both orders ${rated(consistency)}`,
    `  ${cost}`,
  ];
}
