// `gate`: exit 0 when a run meets its conditions, 1 with the reasons when it does not.
import { type Command, InvalidArgumentError } from 'commander';
import type { Gate } from '../gate-rule.js';
import { type CommonOptions, usingStore, withDatabase } from './action.js';
import { share } from './run.js';

export interface GateFlags extends CommonOptions {
  better: Gate;
  notWorse: Gate;
  notShownWorse: Gate;
  minCoverage?: number;
  maxOrderDependent?: number;
  minAgreement?: number;
  canaries?: boolean;
  junit?: string;
}

export function register(program: Command): void {
  withDatabase(program.command('gate <run>'))
    .description('exit 0 when the run meets the conditions of its run file or of flags, else 1 with the reasons')
    .option('--better <name>', 'a domain, suite or category must be better; repeatable', better, {})
    .option('--not-worse <name=margin>', 'a loss beyond the margin must be excluded; repeatable', notWorse, {})
    .option('--not-shown-worse <name>', 'no loss may be shown; repeatable', notShownWorse, {})
    .option('--min-coverage <share>', 'least share of due judgments that were judged', share)
    .option('--max-order-dependent <share>', "largest share of a judge's winners that change with the order", share)
    .option('--min-agreement <share>', 'least share on which two judges name the same outcome', share)
    .option('--canaries', 'every planted case is judged as it must be')
    .option('--junit <file>', 'write the conditions as JUnit XML')
    .addHelpText('after', '\nFlags come before the same names in the `gate:` of the run file; the rest of it stays.\n')
    .action(async (id: string, flags: GateFlags) => {
      const { gateRun } = await import('./gating.js');
      process.exitCode = await usingStore(flags, (store) => gateRun(store, id, flags));
    });
}

const better = (name: string, before: Gate): Gate => ({ ...before, [name]: 'better' });
const notShownWorse = (name: string, before: Gate): Gate => ({ ...before, [name]: 'not-shown-worse' });

function notWorse(text: string, before: Gate): Gate {
  const at = text.lastIndexOf('=');
  if (at < 0) return { ...before, [text]: 'not-worse' };
  const margin = Number(text.slice(at + 1));
  if (text.slice(at + 1).trim() === '' || !(margin >= 0 && margin <= 1))
    throw new InvalidArgumentError('The margin must lie between 0 and 1, such as out-of-domain=0.1.');
  return { ...before, [text.slice(0, at)]: { claim: 'not-worse', margin } };
}
