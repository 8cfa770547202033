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
  const files = await bundle(process.cwd(), folder);
  await rm(folder, { recursive: true });
  const byName = new Map(files.map((file) => [file.fileName, file]));
  /** Everything that is loaded with a module: packages by name, sources by path. */
  const loaded = (module: string): Set<string> => {
    const seen = new Set<string>();
    const look = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      byName.get(name)?.imports.forEach(look);
    };
    look(files.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module)))!.fileName);
    const modules = [...seen].flatMap((name) => byName.get(name)?.moduleIds ?? [name]);
    return new Set(
      modules.map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? id.replace(`${process.cwd()}/`, '')),
    );
  };
  const help = [...loaded('src/cli/program.ts')].filter((file) => !/^(node:|\0)/.test(file));
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
