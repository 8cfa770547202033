import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { cli } from '../cli.js';
import { seedRun, suiteOf } from '../web/seed.js';

const ID = '20261121_103000-aaaa';
let cwd: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'doubleblind-report-'));
  const store = await openStore(`sqlite:${join(cwd, 'runs.db')}`);
  await seedRun(store, {
    id: ID,
    suites: [suiteOf('own', 'in-domain', 40), suiteOf('coding', 'out-of-domain', 60)],
    judges: ['opus', 'gpt-4o'],
    strength: { 'in-domain': 0.95, 'out-of-domain': 0.45 },
  });
  await store.close();
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('report', () => {
  it('writes the page where it is told, and to stdout when piped', async () => {
    const told = await cli(['report', ID, '-o', 'page.html', '--json'], { cwd });
    expect(JSON.parse(told.stdout)).toEqual({ run: ID, format: 'html', file: 'page.html' });
    const page = readFileSync(join(cwd, 'page.html'), 'utf8');
    expect((await cli(['report', ID], { cwd })).stdout).toBe(page);
    expect(page).toMatch(/^<!doctype html>/);
  });

  it('--md --short is the table, --junit XML', async () => {
    expect((await cli(['report', ID, '--md', '--short'], { cwd })).stdout).toContain('| test | prompts |');
    expect((await cli(['report', ID, '--junit'], { cwd })).stdout).toMatch(/^<\?xml/);
  });

  it('of a run that is not there is one line and exit 2', async () => {
    const { end, stderr } = await cli(['report', '1999'], { cwd });
    expect(end).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('gate', () => {
  it('exits 0 when every condition holds and 1 with the reasons when one does not', async () => {
    const good = await cli(['gate', ID, '--better', 'in-domain', '--min-coverage', '0.9'], { cwd });
    expect(good).toMatchObject({ end: 0 });
    expect(good.stdout).toMatch(/^passed/);
    const bad = await cli(['gate', ID, '--better', 'in-domain', '--not-worse', 'out-of-domain=0.02', '--json'], {
      cwd,
    });
    expect(bad.end).toBe(1);
    const { passed, conditions } = JSON.parse(bad.stdout) as {
      passed: boolean;
      conditions: { passed: boolean; reason: string }[];
    };
    expect(passed).toBe(false);
    expect(
      conditions
        .filter((one) => !one.passed)
        .map((one) => one.reason)
        .join(),
    ).toContain('would settle a margin of 2 points');
  });

  it('writes JUnit, and appends to the step summary of GitHub where there is one', async () => {
    const step = join(cwd, 'step.md');
    const gated = ['gate', ID, '--not-shown-worse', 'in-domain', '--junit', 'gate.xml'];
    await cli(gated, { cwd, env: { GITHUB_STEP_SUMMARY: step } });
    await cli(gated, { cwd, env: { GITHUB_STEP_SUMMARY: step } });
    expect(readFileSync(step, 'utf8').match(/### ✅ passed/g)).toHaveLength(2);
    expect(readFileSync(join(cwd, 'gate.xml'), 'utf8')).toContain('tests="1" failures="0"');
    rmSync(step);
    await cli(gated, { cwd, env: { GITHUB_STEP_SUMMARY: '' } });
    expect(existsSync(step)).toBe(false);
  });

  it('without a condition, or for a name nothing has, is one line and exit 2', async () => {
    expect((await cli(['gate', ID], { cwd })).end).toBe(2);
    const typo = await cli(['gate', ID, '--better', 'in-domian'], { cwd });
    expect(typo.end).toBe(2);
    expect(typo.stderr).toContain('Did you mean "in-domain"?');
  });
});
