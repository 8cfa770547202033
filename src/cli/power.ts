// `power`: how many prompts a win rate needs, or what a number of prompts can detect.
import { type Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, common, print } from './action.js';
import { count, share } from './run.js';
import { prose } from './terminal.js';

export interface PowerFlags extends CommonOptions {
  winRate?: number;
  prompts?: number;
  margin?: number;
  ties: number;
  judges: number;
  icc: number;
  level: number;
  power: number;
}

export function register(program: Command): void {
  common(program.command('power'))
    .description('how many prompts a win rate needs, or what a number of prompts can detect')
    .option('--win-rate <w>', 'win rate to tell from 0.5', inside)
    .option('--prompts <n>', 'prompts of a suite', count)
    .option('--margin <m>', 'prompts that exclude a loss of this margin when there is none', inside)
    .option('--ties <share>', 'share of ties', share, 0)
    .option('--judges <n>', 'judges per prompt', count, 1)
    .option('--icc <r>', 'correlation of judges on a prompt (0.6 is usual: three judges are worth 1.4)', share, 0.6)
    .option('--level <level>', 'confidence level', inside, 0.95)
    .option('--power <power>', 'chance to find an effect that is there', inside, 0.8)
    .action(async (flags: PowerFlags) => {
      const { planned } = await import('./planning.js');
      const { document, text } = planned(flags);
      print(flags, document, () => prose(text));
    });
}

function inside(text: string): number {
  const value = share(text);
  if (value === 0 || value === 1) throw new InvalidArgumentError('It must lie between 0 and 1.');
  return value;
}
