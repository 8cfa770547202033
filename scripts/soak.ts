// The long form of the crash tests: 100 kills with signal 9 of a run, live and in batches, 20 of each of three workers.
// Of the browser tests: a service whose answers are late. And a model that takes longer than Node waits by itself. Takes minutes.
import { spawnSync } from 'node:child_process';

const env = {
  ...process.env,
  DOUBLEBLIND_KILLS: '100',
  DOUBLEBLIND_SOAK_KILLS: '20',
  DOUBLEBLIND_SOAK_PROMPTS: '5000',
  DOUBLEBLIND_TEST_LAG: '1500',
  DOUBLEBLIND_SLOW_ANSWER_S: '310',
};
const tests = [
  'test/journeys/resume.test.ts',
  'test/journeys/batch-kills.test.ts',
  'test/journeys/workers.test.ts',
  'test/web',
  'test/models/slow.test.ts',
];
const { status } = spawnSync('npx', ['vitest', 'run', '--retry=0', '--testTimeout=3600000', ...tests], {
  stdio: 'inherit',
  env,
});
process.exitCode = status ?? 1;
