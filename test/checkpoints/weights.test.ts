import { execFileSync } from 'node:child_process';
import { appendFileSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CheckpointFinding } from '../../src/checkpoints/findings.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import {
  checkpointFiles,
  type DigestCache,
  fingerprint,
  isWeights,
  readDigestCache,
  writeDigestCache,
} from '../../src/checkpoints/weights.js';
import { adapter, codes, safetensors, tree, withHeader } from './tree.js';

const take = async (dir: string, cache: DigestCache = new Map()) => {
  const findings: CheckpointFinding[] = [];
  return { ...(await fingerprint(dir, await checkpointFiles(dir, findings), cache, findings)), findings };
};

describe('digest', () => {
  test('the shell line at the head of the file gives the same digest', async () => {
    const root = tree({
      'adapter_config.json': adapter,
      'adapter_model.safetensors': safetensors([1, 2, 3]),
      'README.md': 'x',
    });
    const line = 'sha256sum adapter_config.json adapter_model.safetensors | cut -c1-64 | LC_ALL=C sort | sha256sum';
    const shell = execFileSync('sh', ['-c', line], { cwd: root, encoding: 'utf8' });
    expect((await take(root)).digest).toBe(shell.slice(0, 64));
  });

  test('names, training state and read-me files do not count; a bit of a weight and the adapter configuration do', async () => {
    const weights = safetensors([1, 2]);
    const root = tree({
      'a/adapter_config.json': adapter,
      'a/adapter_model.safetensors': weights,
      'renamed/adapter_config.json': adapter,
      'renamed/brie.safetensors': weights,
      'trained/adapter_config.json': adapter,
      'trained/adapter_model.safetensors': weights,
      'trained/trainer_state.json': { global_step: 7 },
      'trained/training_args.bin': 'pickle',
      'other/adapter_config.json': { ...adapter, r: 16 },
      'other/adapter_model.safetensors': weights,
      'bit/adapter_config.json': adapter,
      'bit/adapter_model.safetensors': safetensors([1, 2.0000002]),
    });
    const digest = async (dir: string) => (await take(`${root}/${dir}`)).digest;
    const a = await digest('a');
    expect(await digest('renamed')).toBe(a);
    expect(await digest('trained')).toBe(a);
    expect(await digest('other')).not.toBe(a);
    expect(await digest('bit')).not.toBe(a);
  });

  test('files are hashed once per version: a file of the same size and modification time with other content is another', async () => {
    const root = tree({ 'model.safetensors': safetensors([1, 2]) });
    const file = `${root}/model.safetensors`;
    const kept = new Map<string, string>();
    const first = await take(root, kept);
    expect(kept.size).toBe(1);
    const counting = { get: (key: string) => kept.get(key), set: () => expect.unreachable('hashed twice') };
    expect((await take(root, counting)).digest).toBe(first.digest);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, safetensors([1, 3]));
    utimesSync(file, atime, mtime);
    expect((await take(root, kept)).digest).not.toBe(first.digest);
    expect(kept.size).toBe(2);
  });

  test('a file that grows while it is read gives no digest, and nothing is kept', async () => {
    const root = tree({ 'model.bin': Buffer.alloc(64) });
    const kept = new Map<string, string>();
    const growing: DigestCache = {
      get: () => void appendFileSync(`${root}/model.bin`, 'more'),
      set: (key, value) => kept.set(key, value),
    };
    const { digest, findings } = await take(root, growing);
    expect(digest).toBeNull();
    expect(codes(findings)).toEqual(['CHANGED_WHILE_READ']);
    expect(kept.size).toBe(0);
  });

  test('the cache survives in a JSON file, and a damaged one is an empty one', async () => {
    const root = tree({ 'bad.json': '{"a":' });
    await writeDigestCache(`${root}/digests.json`, new Map([['k', 'd']]));
    expect([...(await readDigestCache(`${root}/digests.json`))]).toEqual([['k', 'd']]);
    expect((await readDigestCache(`${root}/bad.json`)).size).toBe(0);
    expect((await readDigestCache(`${root}/none.json`)).size).toBe(0);
  });

  test('shards that the index names and the folder lacks are told', async () => {
    const map = {
      a: 'model-00001-of-00003.safetensors',
      b: 'model-00002-of-00003.safetensors',
      c: 'model-00003-of-00003.safetensors',
    };
    const root = tree({ 'model.safetensors.index.json': { weight_map: map }, [map.b]: safetensors([1]) });
    expect((await take(root)).findings).toMatchObject([
      {
        code: 'WEIGHTS_MISSING',
        severity: 'error',
        message: `2 of 3 shards named in model.safetensors.index.json are missing: ${map.a}, ${map.c}`,
      },
    ]);
  });

  test('what holds weights is told from what holds the state of training', () => {
    expect(
      ['adapter_model.safetensors', 'pytorch_model.bin', 'brie.gguf', 'consolidated.00.pth'].every(isWeights),
    ).toBe(true);
    expect(
      [
        'training_args.bin',
        'optimizer.pt',
        'scheduler.pt',
        'rng_state.pth',
        'trainer_state.json',
        'x/optimizer.bin',
      ].some(isWeights),
    ).toBe(false);
  });
});

describe('safetensors', () => {
  const read = (content: Buffer) => readSafetensors(`${tree({ 'm.safetensors': content })}/m.safetensors`);
  const tensor = (dtype: string, shape: number[], from: number, to: number) => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });

  test('tensors and parameters are counted by type, scalars as one', async () => {
    const header = {
      __metadata__: { format: 'pt' },
      a: tensor('BF16', [2, 3], 0, 12),
      b: tensor('F32', [], 12, 16),
      c: tensor('F32', [0, 9], 16, 16),
    };
    expect(await read(withHeader(header, Buffer.alloc(16)))).toEqual({
      tensors: 3,
      parameters: 7,
      dtypes: { BF16: 6, F32: 1 },
      metadata: { format: 'pt' },
    });
  });

  test('empty, short, cut and foreign files are told apart', async () => {
    const whole = withHeader({ a: tensor('F32', [2], 0, 8) }, Buffer.alloc(8));
    const problem = async (content: Buffer) => (await read(content)) as { problem: string };
    expect((await problem(Buffer.alloc(0))).problem).toBe('is empty (0 bytes)');
    expect((await problem(whole.subarray(0, 5))).problem).toBe('is too short for a header (5 bytes)');
    expect((await problem(whole.subarray(0, 20))).problem).toMatch(
      /^is cut short: its header alone takes \d+ bytes of 20$/,
    );
    expect((await problem(whole.subarray(0, -3))).problem).toBe('is cut short: 5 of 8 bytes of tensors are there');
    expect((await problem(Buffer.from('PK\u0003\u0004 a zip archive, not tensors'))).problem).toBe(
      'does not start with a safetensors header',
    );
    expect((await problem(withHeader([], Buffer.alloc(0)))).problem).toBe('has a damaged header (no object)');
    expect((await problem(withHeader({ a: { shape: ['x'] } }, Buffer.alloc(0)))).problem).toBe(
      'has a damaged header (tensor "a")',
    );
    expect(await read(whole)).not.toHaveProperty('problem');
  });
});
