#!/usr/bin/env node
// The command line. `--version` answers before anything else is read.
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

if (process.argv[2] === '--version' || process.argv[2] === '-V') {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  console.log(version);
} else {
  // Node 22 and later keep what they have compiled; earlier ones know no such thing.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  // A reader such as `head` that has seen enough is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`error: the result cannot be written: ${error.message}.\n`);
    process.exit(3);
  });
  // What is told on the way may find no taker; the work goes on.
  process.stderr.on('error', () => undefined);
  const { main } = await import('./program.js');
  process.exitCode = await main(process.argv);
}
