// Runs every bench one after another, each in a process of its own: `npm run bench`, or `npm run bench -- stats http`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** In the order in which a reader wants them: the engine, its limits, the numbers, the service, people. */
const BENCHES = [
  'engine',
  'calls',
  'limited',
  'stats',
  'coverage',
  'http',
  'people',
  'sequential',
  'workers',
  'large',
  'million',
  'import',
];

const there = BENCHES.filter((name) => readdirSync(HERE).includes(`${name}.ts`));
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !there.includes(name));
if (unknown !== undefined) {
  console.error(`there is no bench "${unknown}"; there are ${there.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : there) {
  console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`);
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${HERE}${name}.ts`], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
