// Every number that a run's own record holds follows from its suites, configuration and judgments; another is found.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditFile, auditRun } from '../../src/audit/index.js';
import { type Journey, openJourney, suiteOf } from '../journeys/world.js';

type Column = 'config' | 'planned' | 'glance' | 'decision_rule';
type Path = (string | number)[];
type Shown = Record<'name' | 'purpose' | 'baseline' | 'candidate', string> & { config: object };

let journey: Journey;
let id: string;

beforeAll(async () => {
  journey = await openJourney();
  id = (await journey.run(await journey.runFile({ suites: [suiteOf(4)], canaries: true }))).run.id;
});
afterAll(() => journey.close());

const stored = async (column: Column): Promise<unknown> => {
  const { value } = await journey.store.db
    .selectFrom('runs')
    .select(`${column} as value`)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return JSON.parse(value!);
};
const store = (column: Column, value: unknown) =>
  journey.store.db
    .updateTable('runs')
    .set({ [column]: JSON.stringify(value) })
    .where('id', '=', id)
    .execute();
const found = async () => {
  const { findings } = await auditRun(journey.store, (await journey.store.run(id))!);
  return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
};

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function changed(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === 'number' ? value + 0.25 : `${String(value)} changed`;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest);
  return copy;
}

describe('the record of a run', () => {
  it('is sound as it was stored', async () => {
    expect(await found()).toEqual([]);
  });

  it.each([
    ['planned', 'CONFIGURATION_CHANGED', /./],
    [
      'config',
      'CONFIGURATION_CHANGED',
      /^(?:suites|judges|seed|orders|retest|sampling|baseline\.name|candidate\.name)/,
    ],
    ['glance', 'SUMMARY_MISMATCH', /./],
    ['decision_rule', 'SUMMARY_MISMATCH', /^level/],
  ] as const)('names each number of `%s` that was changed', async (column, code, which) => {
    const value = await stored(column);
    // What tells how to reach a judge changes nothing that is asked.
    const paths = leavesOf(value).filter(
      (path) =>
        which.test(path.join('.')) && !/base_url|name_env|timeout|concurrency|usd_per_hour/.test(path.join('.')),
    );
    expect(paths.length).toBeGreaterThan(0);
    const silent: string[] = [];
    for (const path of paths) {
      await store(column, changed(value, path));
      const codes = await found().catch((error: Error) => [error.message]);
      if (!codes.includes(code)) silent.push(`${path.join('.')}: ${codes.join(', ')}`);
    }
    await store(column, value);
    expect(silent).toEqual([]);
    expect(await found()).toEqual([]);
  });

  it.each([
    ['baseline', 'run.json', (run: Shown) => ({ ...run, baseline: run.candidate, candidate: run.baseline })],
    ['name', 'run.json', (run: Shown) => ({ ...run, name: 'another' })],
    ['purpose', 'run.json', (run: Shown) => ({ ...run, purpose: 'another' })],
    ['decision_rule.level', 'run.json', (run: Shown) => ({ ...run, config: { ...run.config, level: 0.8 } })],
    [
      'summary.run.baseline',
      'summary.json',
      ({ run, ...summary }: { run: Shown }) => ({
        ...summary,
        run: { ...run, baseline: run.candidate },
      }),
    ],
  ] as const)(
    'in an export folder names `%s` where what is shown is not what was configured',
    async (path, file, change) => {
      const folder = join(journey.folder, 'shown');
      await cp((await journey.store.run(id))!.exports!, folder, { recursive: true });
      const document = JSON.parse(await readFile(join(folder, file), 'utf8')) as Shown & { run: Shown };
      await writeFile(join(folder, file), JSON.stringify(change(document)));
      await rm(join(folder, 'manifest.json'));
      const { findings } = await auditFile(folder);
      expect(findings).toContainEqual(
        expect.objectContaining({
          code: 'CONFIGURATION_CHANGED',
          severity: 'error',
          message: `\`${path}\` of the run is not what its suites and configuration come to.`,
        }),
      );
      await rm(folder, { recursive: true });
    },
  );

  it('in an export folder is not held against what its configuration does not state', async () => {
    const folder = join(journey.folder, 'less');
    await cp((await journey.store.run(id))!.exports!, folder, { recursive: true });
    const document = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as {
      config: Record<string, unknown>;
    };
    for (const key of ['name', 'purpose', 'level', 'margin']) Reflect.deleteProperty(document.config, key);
    await writeFile(join(folder, 'run.json'), JSON.stringify(document));
    await rm(join(folder, 'manifest.json'));
    const { findings } = await auditFile(folder);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('in an export folder is named when no plan can be made from it', async () => {
    const folder = join(journey.folder, 'copied');
    await cp((await journey.store.run(id))!.exports!, folder, { recursive: true });
    const errorsOf = async () =>
      (await auditFile(folder)).findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    expect(await errorsOf()).toEqual([]);
    const record = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as {
      config: { judges: { template: string | null }[] };
    };
    record.config.judges[0]!.template = 'nowhere.md';
    await writeFile(join(folder, 'run.json'), JSON.stringify(record));
    expect(await errorsOf()).toContain('CONFIGURATION_CHANGED');
  });
});
