// The commands, in the order of `--help`.
import type { Command } from 'commander';
import { register as audit } from './audit.js';
import { register as cache } from './cache.js';
import { register as calibrate } from './calibrate.js';
import { register as certify } from './certify.js';
import { register as checkpoints } from './checkpoints.js';
import { register as databases } from './databases.js';
import { register as demo } from './demo.js';
import { register as gate } from './gate.js';
import { register as init } from './init.js';
import { register as judge } from './judge.js';
import { register as ledger } from './ledger.js';
import { register as power } from './power.js';
import { register as report } from './report.js';
import { register as review } from './review.js';
import { register as run } from './run.js';
import { register as serve } from './serve.js';
import { register as stats } from './stats.js';
import { register as suites } from './suites.js';
import { register as transfer } from './transfer.js';
import { register as validate } from './validate.js';
import { register as worker } from './worker.js';

export const COMMANDS: readonly ((program: Command) => void)[] = [
  init,
  validate,
  run,
  judge,
  demo,
  ledger,
  transfer,
  stats,
  audit,
  report,
  gate,
  review,
  calibrate,
  certify,
  power,
  serve,
  worker,
  databases,
  cache,
  suites,
  checkpoints,
];
