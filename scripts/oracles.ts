// `npm run oracles -- FILE`: one JSON line {"id","got"} per case of any file laid out like stats-oracles.json.
import { readFileSync } from 'node:fs';
import { lineOf, type OracleCase } from '../test/stats/oracles.js';

const file = process.argv[2];
if (file === undefined) end('usage: npm run oracles -- FILE');
for (const oracle of casesOf(file)) process.stdout.write(`${lineOf(oracle)}\n`);

function casesOf(path: string): OracleCase[] {
  let cases: unknown;
  try {
    cases = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return end(`${path}: ${(error as Error).message}`);
  }
  const records = Array.isArray(cases) && cases.every((each) => typeof each === 'object' && each !== null);
  return records ? (cases as OracleCase[]) : end(`${path}: must be a JSON array of cases`);
}

function end(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
