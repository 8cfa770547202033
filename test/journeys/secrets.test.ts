import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunFile } from '../../src/run-file.js';
import { cli, type Ended } from '../cli.js';
import { type Journey, openJourney, suiteOf } from './world.js';

let journey: Journey;
afterEach(() => journey.close());

/** A key for every place that one can come from, each to be told apart. */
const KEYS = {
  JUDGE_KEY: 'sk-judge-4f9a7c1e2b8d6035',
  DOTENV_KEY: 'sk-dotenv-91c3e5a7b2d4f608',
  GATEWAY_HEADER: 'gateway-7d2e9f4a6c8b1035/+=',
  OPENAI_API_KEY: 'sk-proj-never-sent-elsewhere-55aa',
  ANTHROPIC_API_KEY: 'sk-ant-never-sent-elsewhere-66bb',
  HF_TOKEN: 'hf_abcdefghijklmnopqrstuvwx',
  DOUBLEBLIND_TOKEN: 'token-of-the-service-0123456789',
} as const;
const PASSWORD = 'pa55word-in-the-url';
const { DOTENV_KEY, ...IN_ENVIRONMENT } = KEYS;

/** Every way a key could be written. */
const FORMS = [...Object.values(KEYS), PASSWORD].flatMap((key) => [
  key,
  encodeURIComponent(key),
  Buffer.from(key).toString('base64').replace(/=+$/, '').slice(0, -2),
  Buffer.from(key).toString('hex'),
]);

async function everyFile(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function leaks(text: string, where: string): string[] {
  return FORMS.filter((form) => text.includes(form)).map((form) => `${form} in ${where}`);
}

describe('keys', () => {
  it('stand in nothing that is written, said or served, though servers, models and command lines repeat them', async () => {
    journey = await openJourney({
      keys: [KEYS.JUDGE_KEY, KEYS.DOTENV_KEY],
      // A server that repeats what it was sent, in answers and in errors.
      answer: (_, prompt) =>
        `You sent ${KEYS.JUDGE_KEY} and ${KEYS.DOTENV_KEY} with ${KEYS.GATEWAY_HEADER} to ${prompt}`,
      rule: ({ body, headers, n }) =>
        body['model'] === 'judge-model' && n % 3 === 0
          ? {
              status: 500,
              body: { error: { message: `crash with ${headers['authorization']} ${headers['x-gateway']}` } },
            }
          : body['model'] === 'broken'
            ? { status: 403, body: { error: { message: `${KEYS.JUDGE_KEY} may not do this` } } }
            : null,
    });
    const { folder, server } = journey;
    await writeFile(join(folder, '.env'), `DOTENV_KEY=${DOTENV_KEY}\n`);
    const base_url = server.openai;
    const judge = {
      provider: 'openai',
      base_url,
      api_key_env: 'JUDGE_KEY',
      headers_env: { 'x-gateway': 'GATEWAY_HEADER' },
    };
    const checkpoint = { provider: 'openai', base_url, api_key_env: 'DOTENV_KEY' };
    const file = await journey.runFile({
      suites: [suiteOf(4)],
      baseline: { name: 'base', model: 'base-model', ...checkpoint },
      candidate: { name: 'tuned', model: 'tuned-model', ...checkpoint },
      judges: [
        { name: 'judge', model: 'judge-model', ...judge },
        { name: 'broken', model: 'broken', ...judge },
      ],
      tags: { note: 'x' },
    });
    const at = { cwd: folder, env: IN_ENVIRONMENT };
    const exports = ['--exports', join(folder, 'exports')];
    const ran = await cli(['run', file, '--verbose', '--tag', `by=${KEYS.HF_TOKEN}`, ...exports], at);
    expect(ran.end, ran.stderr).toBe(3);
    expect(server.requests.some(({ headers }) => headers['x-gateway'] === KEYS.GATEWAY_HEADER)).toBe(true);
    expect(server.requests.some(({ headers }) => headers['authorization'] === `Bearer ${DOTENV_KEY}`)).toBe(true);
    const [run] = (await journey.store.runs()).items;
    // Keys where no key belongs: each run file is refused, and says where without repeating it.
    const misplaced: Partial<Record<keyof RunFile, unknown>>[] = [
      { name: `run of ${KEYS.JUDGE_KEY}` },
      { data_path: `/data/${KEYS.HF_TOKEN}` },
      { judges: [{ name: 'judge', model: 'm', ...judge, system: `say ${KEYS.OPENAI_API_KEY}` }] },
      { judges: [{ name: 'judge', model: 'm', ...judge, extra_body: { user: KEYS.ANTHROPIC_API_KEY } }] },
      { judges: [{ name: 'judge', model: 'm', ...judge, api_key_env: KEYS.JUDGE_KEY }] },
      { judges: [{ name: 'judge', model: 'm', provider: 'openai' }] },
    ];
    const original = await readFile(file, 'utf8');
    const refused: Ended[] = [];
    const OPENAI_BASE_URL = `http://user:${PASSWORD}@127.0.0.1:1/v1`;
    for (const changes of misplaced) {
      await writeFile(file, JSON.stringify({ ...(JSON.parse(original) as object), ...changes }));
      for (const command of ['validate', 'run'])
        refused.push(await cli([command, file, '--json'], { ...at, env: { ...at.env, OPENAI_BASE_URL } }));
    }
    await writeFile(file, original);
    for (const { end, stdout, stderr } of refused)
      expect({ end, said: stdout + stderr }).toMatchObject({
        end: 2,
        said: expect.stringContaining('INVALID_VALUE') as string,
      });

    const said = [
      ran,
      ...refused,
      await cli(['show', run!.id, '--json'], at),
      await cli(['stats', run!.id, '--json'], at),
      await cli(['report', run!.id, '--md'], at),
      await cli(['validate', file], at),
      await cli(['run', file.replace('run.json', 'none.json'), '--verbose'], at),
      await cli(['list', '--database', `postgres://someone:${PASSWORD}@127.0.0.1:1/none`, '--verbose'], at),
      await cli(['list', '--verbose', '--json'], {
        ...at,
        env: { ...at.env, DOUBLEBLIND_DATABASE_URL: `postgres://u:${PASSWORD}@127.0.0.1:1/x` },
      }),
    ];
    const found = said.flatMap(({ stdout, stderr }, i) => leaks(stdout + stderr, `command ${i}`));
    for (const path of await everyFile(folder)) {
      if (path.endsWith('.env')) continue;
      found.push(...leaks((await readFile(path)).toString('latin1'), path));
    }
    found.push(...(await served(run!.id, at)));
    expect(found).toEqual([]);
    // The control: the replies really held the keys, and what was kept says where one stood.
    const { items } = await journey.store.judgments(run!.id, { judge: 'judge' });
    expect(items[0]!.baseline_response).toContain('[JUDGE_KEY]');
    expect((await readFile(join(folder, '.env'), 'utf8')).trim()).toBe(`DOTENV_KEY=${DOTENV_KEY}`);
    // The provider's own keys go to nobody else.
    for (const { headers } of server.requests) expect(JSON.stringify(headers)).not.toMatch(/never-sent-elsewhere/);
  }, 120_000);
});

describe('keys of batches', () => {
  it('stand in nothing that is written or said, though the service repeats them in answers, items and refusals', async () => {
    const { JUDGE_KEY } = KEYS;
    const error = { status: 500, type: 'api_error', message: `item of ${JUDGE_KEY} failed` };
    journey = await openJourney({
      keys: [JUDGE_KEY],
      served_as: `model-of-${JUDGE_KEY}`,
      answer: (_, prompt) => `You sent ${JUDGE_KEY} to ${prompt}`,
      batch: { errored: 0.5, error },
    });
    const { folder, server } = journey;
    const of = (provider: 'openai' | 'anthropic') => ({
      provider,
      base_url: server[provider],
      api_key_env: 'JUDGE_KEY',
    });
    const file = await journey.runFile({
      suites: [suiteOf(6)],
      baseline: { name: 'base', model: 'base-model', ...of('openai') },
      candidate: { name: 'tuned', model: 'tuned-model', ...of('openai') },
      judges: [
        { name: 'one', model: 'judge-model', ...of('openai') },
        { name: 'two', model: 'judge-model', ...of('anthropic') },
      ],
    });
    const at = { cwd: folder, env: { ...IN_ENVIRONMENT, DOUBLEBLIND_BATCH_PAUSE: '0.01' } };
    const args = ['run', file, '--batch', '--verbose', '--exports', join(folder, 'exports')];
    const ran = await cli(args, at);
    expect(ran.end, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/a batch gave back a judgment unanswered \(.*item of \[JUDGE_KEY\] failed/);
    server.batches.options.refuses = { status: 403, message: `${JUDGE_KEY} may not do this` };
    const refused = await cli([...args, '--again', '--no-cache'], at);
    expect(refused.end, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('[JUDGE_KEY] may not do this');
    const found = [ran, refused].flatMap(({ stdout, stderr }, i) => leaks(stdout + stderr, `command ${i}`));
    for (const path of await everyFile(folder)) found.push(...leaks((await readFile(path)).toString('latin1'), path));
    expect(found).toEqual([]);
    const [, run] = (await journey.store.runs()).items;
    const { items } = await journey.store.judgments(run!.id, { judge: 'two' });
    expect(items[0]!.judge_model_served).toBe('model-of-[JUDGE_KEY]');
  }, 120_000);
});

/** What the service says of a run, and what it logs meanwhile. */
async function served(id: string, at: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string[]> {
  let address: (text: string) => void = () => undefined;
  const known = new Promise<string>((resolve) => (address = resolve));
  let stop: () => void = () => undefined;
  const service = cli(['serve', '--port', '0', '--log-level', 'info', '--unsafe-no-auth'], {
    ...at,
    onStart: (child) => {
      stop = () => child.kill('SIGTERM');
      child.stdout!.on('data', (text: string) => {
        const found = /http:\/\/\S+/.exec(text);
        if (found) address(found[0]);
      });
    },
  });
  const origin = await known;
  const authorization = `Bearer ${KEYS.DOUBLEBLIND_TOKEN}`;
  const get = async (path: string) => (await fetch(origin + path, { headers: { authorization } })).text();
  const run = `/api/runs/${id}`;
  const found: string[] = [];
  for (const path of ['/', '/api/runs', run, ...PATHS.map((part) => run + part), '/metrics', '/none', '/openapi.json'])
    found.push(...leaks(await get(path), path));
  const { items } = JSON.parse(await get(`${run}/judgments`)) as { items: { id: string }[] };
  expect(items.length).toBeGreaterThan(0);
  found.push(...leaks(await get(`/api/judgments/${items[0]!.id}`), 'evidence'));
  const refused = await fetch(`${origin}/api/runs?api_key=${KEYS.JUDGE_KEY}`, {
    headers: { authorization: `Bearer ${KEYS.JUDGE_KEY}` },
  });
  found.push(...leaks(await refused.text(), 'refusal'));
  stop();
  const { stdout, stderr } = await service;
  return [...found, ...leaks(stdout + stderr, 'log of the service')];
}

const PATHS = ['/events', '/judgments', '/win-rates', '/agreement', '/judges', '/audit', '/report', '/export'];
