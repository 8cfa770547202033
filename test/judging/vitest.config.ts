// The tests that mutation testing runs: those of src/judging alone.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/judging/*.test.ts'] } });
