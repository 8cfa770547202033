// The tests that mutation testing runs: those of src/judging alone, with time enough where every line is counted.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/judging/*.test.ts'], testTimeout: 60_000 } });
