// Writes `schemas/*.schema.json` from the schemas the code reads with; `--check` only says whether they are current.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runFileSchema } from '../src/run-file.js';
import { judgmentSchema, responseSchema } from '../src/records.js';

const SCHEMAS = {
  run: { title: 'doubleblind run file', schema: runFileSchema },
  judgment: { title: 'a line of judged.jsonl', schema: judgmentSchema },
  response: { title: 'a line of responses.jsonl', schema: responseSchema },
};

/** The schema files by path, as they must stand. */
export function schemaFiles(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([name, { title, schema }]) => {
      const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      const path = fileURLToPath(new URL(`../schemas/${name}.schema.json`, import.meta.url));
      return [path, `${JSON.stringify({ title, ...json }, null, 2)}\n`];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  for (const [path, text] of Object.entries(schemaFiles())) {
    if (!check) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not current; npm run schemas`);
      process.exitCode = 1;
    }
  }
}
