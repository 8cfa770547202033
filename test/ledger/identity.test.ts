import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run as command } from '../cli/here.js';
import { type Journey, openJourney, suiteOf } from '../journeys/world.js';
import type { ServerOptions } from '../server/index.js';

const journeys: Journey[] = [];
afterEach(async () => {
  for (const journey of journeys.splice(0)) await journey.close();
});

async function open(options: ServerOptions = {}): Promise<Journey> {
  const journey = await openJourney(options);
  journeys.push(journey);
  return journey;
}

const MODELS = (root: string): { id: string; root?: string }[] => [
  { id: 'base-model' },
  { id: 'judge-model' },
  { id: 'tuned-model', root },
];

async function checkpoint(journey: Journey, name: string, content = 'weights'): Promise<string> {
  const folder = join(journey.folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify({ base_model_name_or_path: 'org/base', r: 16 }));
  await writeFile(join(folder, 'adapter_model.bin'), content);
  return folder;
}

const run = async (journey: Journey, folder: string, options = {}, name = 'tuned') =>
  journey.run(
    await journey.runFile({
      suites: [suiteOf(2)],
      candidate: {
        name,
        model: 'tuned-model',
        provider: 'openai',
        base_url: journey.server.openai,
        checkpoint: folder,
      },
    }),
    options,
  );

const codes = (journey: Journey) => journey.warnings.map(({ code }) => code);

describe('what a server serves, beside the folder that is named', () => {
  it('stops a run before anybody is asked when it is another step', async () => {
    const journey = await open({ models: MODELS('/srv/brie-v2/checkpoint-100') });
    const folder = await checkpoint(journey, 'brie-v2/checkpoint-290');
    await expect(run(journey, folder)).rejects.toMatchObject({ code: 'IDENTITY_MISMATCH', exitCode: 2 });
    expect(journey.server.counts.answered).toBe(0);
    expect((await journey.store.runs()).items).toEqual([]);
  });

  it('is a warning that is kept when the mismatch is allowed', async () => {
    const journey = await open({ models: MODELS('/srv/brie-v2/checkpoint-100') });
    const folder = await checkpoint(journey, 'brie-v2/checkpoint-290');
    const launched = await run(journey, folder, { allowIdentityMismatch: true });
    expect(codes(journey)).toContain('IDENTITY_MISMATCH');
    expect(launched.run.identities['served']).toMatchObject({ candidate: { status: 'mismatch' } });
  });

  it('is unverified, kept and no stop under another path prefix, or where the server tells nothing', async () => {
    const elsewhere = await open({ models: MODELS('/srv/brie-v2/checkpoint-290') });
    const launched = await run(elsewhere, await checkpoint(elsewhere, 'brie-v2/checkpoint-290'));
    expect(launched.status).toBe('done');
    expect(launched.run.identities['served']).toMatchObject({
      candidate: { status: 'unverified', served: { root: '/srv/brie-v2/checkpoint-290' } },
    });
    const silent = await open();
    const other = await run(silent, await checkpoint(silent, 'brie-v2/checkpoint-290'));
    expect(other.run.identities['served']).toMatchObject({
      candidate: { status: 'unverified', served: { root: null } },
    });
    expect(codes(silent)).toContain('IDENTITY_UNVERIFIED');
  });

  it('is verified by the whole path, and nothing is said', async () => {
    const models = MODELS('');
    const journey = await open({ models });
    const root = await checkpoint(journey, 'brie-v2/checkpoint-290');
    models[2]!.root = root;
    const launched = await run(journey, root);
    expect(launched.run.identities['served']).toMatchObject({ candidate: { status: 'verified' } });
    expect(codes(journey).filter((code) => code.startsWith('IDENTITY'))).toEqual([]);
  });
});

describe('validate', () => {
  const validate = async (journey: Journey, folder: string, ...flags: string[]) => {
    const tuned = { name: 'tuned', model: 'tuned-model', provider: 'openai', base_url: journey.server.openai };
    const file = await journey.runFile({ suites: [suiteOf(2)], candidate: { ...tuned, checkpoint: folder } });
    return command('validate', file, ...flags);
  };

  it('refuses a folder that is not there where the run file names it', async () => {
    const journey = await open();
    const { end, stderr } = await validate(journey, join(journey.folder, 'nope'), '--offline');
    expect([end, stderr]).toEqual([
      2,
      expect.stringMatching(/run\.\w+:\d+:\d+: the candidate "tuned": .*nope: no such folder$/m),
    ]);
  });

  it('refuses a server that serves another step, and only warns where that is allowed', async () => {
    const journey = await open({ models: MODELS('/srv/brie-v2/checkpoint-100') });
    const folder = await checkpoint(journey, 'brie-v2/checkpoint-290');
    expect(await validate(journey, folder)).toMatchObject({ end: 2, stdout: '' });
    const allowed = await validate(journey, folder, '--allow-identity-mismatch');
    expect([allowed.end, allowed.stderr]).toEqual([0, expect.stringContaining('warning: candidate tuned: ')]);
    expect((await validate(journey, folder, '--offline')).stderr).toBe('');
    expect(journey.server.counts.answered).toBe(0);
  });
});

describe('what was seen under a name before', () => {
  it('a link is named with its target at the start of the run', async () => {
    const journey = await open();
    await checkpoint(journey, 'brie-v2-0.5b/checkpoint-100');
    await checkpoint(journey, 'brie-v2-0.5b/checkpoint-290', 'later weights');
    await symlink('brie-v2-0.5b/checkpoint-100', join(journey.folder, 'brie-v2'));
    await run(journey, join(journey.folder, 'brie-v2'));
    const said = journey.warnings.map(({ message }) => message).join('\n');
    expect(said).toContain('brie-v2 is a link to brie-v2-0.5b/checkpoint-100');
    expect(said).toContain('checkpoint-290 stands beside it');
  });

  it('other weights under the same name and path are said loudly; the same weights are not', async () => {
    const journey = await open();
    const folder = await checkpoint(journey, 'brie/checkpoint-290');
    await run(journey, folder);
    expect(codes(journey)).not.toContain('DIGEST_CHANGED');
    await run(journey, folder, { again: true });
    expect(codes(journey)).not.toContain('DIGEST_CHANGED');
    await checkpoint(journey, 'brie/checkpoint-290', 'overwritten');
    await run(journey, folder);
    expect(codes(journey)).toContain('DIGEST_CHANGED');
  });

  it('a path whose content changed is told also when the checkpoint has a new name', async () => {
    const journey = await open();
    const folder = await checkpoint(journey, 'brie/checkpoint-290');
    await run(journey, folder);
    await checkpoint(journey, 'brie/checkpoint-290', 'overwritten');
    await run(journey, folder, {}, 'tuned-again');
    expect(codes(journey)).toContain('DIGEST_CHANGED');
  });

  it('the same weights under two names are said', async () => {
    const journey = await open();
    await run(journey, await checkpoint(journey, 'one/checkpoint-290'));
    expect(codes(journey)).not.toContain('SAME_DIGEST');
    await run(journey, await checkpoint(journey, 'two/checkpoint-290'), {}, 'other');
    expect(codes(journey)).toContain('SAME_DIGEST');
  });

  it('digests of large files are taken once and kept', async () => {
    const journey = await open();
    const folder = await checkpoint(journey, 'brie/checkpoint-290');
    const digestCache = new Map<string, string>();
    await run(journey, folder, { digestCache });
    expect([...digestCache.keys()].some((key) => key.includes('adapter_model.bin'))).toBe(true);
  });
});
