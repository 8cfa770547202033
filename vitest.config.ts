import { defineConfig } from 'vitest/config';

/** What runs a second time on PostgreSQL: tests that open their database through test/stores.ts. */
const ON_BOTH = [
  'test/http/{blind,engine,events,problems,restart,review,routes,serve,sweep,uploads}.test.ts',
  'test/journeys/{batch,resume,run}.test.ts',
  'test/{calibration,certify,review-queue}.test.ts',
  'test/ledger/{compare,curve,leaderboard}.test.ts',
  'test/cli/ledger.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'test/suite-postgres.ts',
    projects: [
      { extends: true, test: { name: 'tests', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'on PostgreSQL',
          include: ON_BOTH,
          setupFiles: 'test/on-postgres.ts',
          env: { DOUBLEBLIND_TESTED_ENGINE: 'postgres' },
        },
      },
    ],
  },
});
