import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What starts browsers, processes, services and databases. */
const APART = ['test/{web,journeys,cli,http,store}/**/*.test.ts'];
/** One that the machine starved is tried once more, and named as such; `npm run soak` tries nothing twice, nor does what only computes. */
const AGAIN = 1;
/** What waits for browsers, signals and databases that crash: begun late, a long one of them would be waited for alone. */
const LONG = /\/test\/(?:web|journeys)\//;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [true, false].flatMap((long) => sorted.filter(({ moduleId }) => LONG.test(moduleId) === long));
  }
}

/** What runs a second time on PostgreSQL: tests that open their database through test/stores.ts. */
const ON_BOTH = [
  'test/http/{batch,blind,engine,events,problems,restart,review,routes,serve,sweep,uploads}.test.ts',
  'test/journeys/{batch,exports,resume,run}.test.ts',
  'test/{calibration,certify,import,review-queue}.test.ts',
  'test/ledger/{compare,curve,leaderboard}.test.ts',
  'test/cli/ledger.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Waiting longer costs nothing where all is well.
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    maxWorkers: 2,
    // Read when a command's modules are: where CI or FORCE_COLOR is set, a file of tests comes too late for it.
    env: { NO_COLOR: '1' },
    sequence: { sequencer: LongFirst },
    globalSetup: 'test/suite-postgres.ts',
    projects: [
      { extends: true, test: { name: 'tests', include: ['test/**/*.test.ts'], exclude: APART } },
      { extends: true, test: { name: 'apart', include: APART, retry: AGAIN } },
      {
        extends: true,
        test: {
          name: 'on PostgreSQL',
          include: ON_BOTH,
          retry: AGAIN,
          setupFiles: 'test/on-postgres.ts',
          env: { DOUBLEBLIND_TESTED_ENGINE: 'postgres' },
        },
      },
    ],
  },
});
