// What stands between a person and the help: read from the bundle's own account of who imports whom.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.mjs';
import { DOMAINS, STATUSES } from '../../src/cli/choices.js';
import * as records from '../../src/records.js';

it('is printed from the commands alone: no schema, store, model or statistic is loaded for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-bundle-'));
  const { outputs } = await bundle(process.cwd(), folder);
  await rm(folder, { recursive: true });
  const names = Object.keys(outputs);
  const loaded = (entry: string): Set<string> => {
    const seen = new Set<string>();
    const look = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      for (const { path, kind, external } of outputs[name]!.imports)
        if (kind !== 'import-statement') continue;
        else if (external === true) seen.add(path);
        else look(path);
    };
    look(names.find((name) => outputs[name]!.entryPoint?.endsWith(entry) === true)!);
    const files = [...seen].flatMap((name) => Object.keys(outputs[name]?.inputs ?? { [name]: 1 }));
    return new Set(files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file));
  };
  const help = [...loaded('src/cli/program.ts')].filter((file) => !file.startsWith('node:'));
  expect(help).toContain('commander');
  expect(help.filter((file) => !/^(commander|picocolors|src\/errors\.ts|src\/cli\/[\w-]+\.ts)$/.test(file))).toEqual(
    [],
  );
  // The control: a command that judges does load them.
  expect([...loaded('src/cli/running.ts')]).toEqual(expect.arrayContaining(['zod', 'src/run.ts']));
}, 60_000);

it('offers the choices that records know', () => {
  expect(DOMAINS).toEqual(records.DOMAINS);
  expect(STATUSES).toEqual(records.STATUSES);
});
