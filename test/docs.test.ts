import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { readme } from '../scripts/docs.js';
import { schemaFiles } from '../scripts/schemas.js';
import { checkBudget } from '../src/budget.js';
import { readRunFile } from '../src/config.js';
import { readEndpoints, readPostedRun } from '../src/http/posted-run.js';
import type { Launched } from '../src/launch.js';
import { openModels } from '../src/models/index.js';
import { openJourney, suiteOf } from './journeys/world.js';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const run = promisify(execFile);
const python = await run('python3', ['--version']).then(
  () => true,
  () => false,
);

it('the generated parts of the README are current (npm run docs rewrites them)', async () => {
  expect(await readFile(README, 'utf8')).toBe(await readme());
});

it('the published schemas are those the code reads with (npm run schemas rewrites them)', async () => {
  for (const [path, text] of Object.entries(schemaFiles())) expect(await readFile(path, 'utf8'), path).toBe(text);
});

it('the run file of the README is sound, and its budget can be kept', async () => {
  const [, text] = /```yaml\n(name: [\s\S]*?)```/.exec(await readFile(README, 'utf8'))!;
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-readme-'));
  const models = openModels({ env: {} });
  try {
    await cp(join(dirname(README), 'suites', 'in-domain.yaml'), join(folder, 'suites', 'in-domain.yaml'));
    await writeFile(join(folder, 'run.yaml'), text!);
    const [config] = await readRunFile(join(folder, 'run.yaml'));
    expect(config!.warnings).toEqual([]);
    await checkBudget(config!, models);
    await expect(
      checkBudget({ ...config!, baseline: { ...config!.baseline, usd_per_hour: undefined } }, models),
    ).rejects.toMatchObject({ code: 'PRICE_UNKNOWN' });
  } finally {
    await models.close();
    await rm(folder, { recursive: true });
  }
});

it('the endpoints file of the README is what the posted run beside it needs', async () => {
  const text = await readFile(README, 'utf8');
  const [, file] = /```yaml\n(- base_url: [\s\S]*?)```/.exec(text)!;
  const [, body] = /api\/runs [^']*'content-type: application\/json' -d '([\s\S]*?)'\n```/.exec(text)!;
  const posted = JSON.parse(body!) as Record<string, unknown>;
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-readme-'));
  try {
    await writeFile(join(folder, 'endpoints.yaml'), file!);
    const endpoints = await readEndpoints(join(folder, 'endpoints.yaml'));
    expect(await readPostedRun(posted, endpoints)).toMatchObject([{ name: 'posted' }]);
    for (const left of endpoints)
      await expect(
        readPostedRun(
          posted,
          endpoints.filter((one) => one !== left),
        ),
      ).rejects.toMatchObject({ place: { hint: expect.stringContaining('--endpoints FILE') as string } });
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('every file the README links to is there', async () => {
  const text = await readFile(README, 'utf8');
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) await readFile(join(dirname(README), target!));
});

/** What the README's lines of Python print about an export folder. */
async function recomputed({ folder }: Launched): Promise<string> {
  const [, code] = /<!-- python -->\n```python\n([\s\S]*?)```/.exec(await readFile(README, 'utf8'))!;
  const script = join(folder, 'recompute.py');
  await writeFile(script, code!);
  try {
    return (await run('python3', [script], { cwd: folder })).stdout;
  } finally {
    await rm(script);
  }
}

it.skipIf(!python)(
  'a dozen lines of Python recompute win rate and interval from the export (python3 is not there: skipped)',
  async () => {
    const journey = await openJourney({ position_bias: 0.3, faults: { refusal: 0.05 } });
    try {
      const openai = { provider: 'openai', base_url: journey.server.openai };
      const judges = ['one', 'two'].map((name) => ({ name, model: name, ...openai }));
      // Half of the prompts stand in another suite again, with other blanks.
      const first = suiteOf(40) as { prompts: { id: string; prompt: string }[] };
      const prompts = first.prompts
        .slice(20)
        .map(({ id, prompt }) => ({ id, prompt: `${prompt.replace(' ', '  ')}\n` }));
      const twice = { name: 'again', domain: 'out-of-domain', prompts };
      const launched = await journey.run(
        await journey.runFile({ suites: [first, twice], judges, retest: 0.2, canaries: true }),
      );
      const { win_rate, interval, n_prompts } = launched.summary.estimates[0]!;
      expect(interval!.method).toBe('wilson-effective-n');
      expect(await recomputed(launched)).toBe(
        `win rate ${win_rate!.toFixed(6)}, 95 % ${interval!.low.toFixed(6)} to ${interval!.high.toFixed(6)}, ${n_prompts} prompts\n`,
      );
    } finally {
      await journey.close();
    }
  },
);
