import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkpointIdentitySchema, identityFindings, inspect } from '../../src/checkpoints/index.js';
import { stepInName } from '../../src/checkpoints/identity.js';
import { adapter, codes, safetensors, trainerState, tree } from './tree.js';

const BRIE = '../shared/data/raw/brie';
const skipped = !existsSync(BRIE);
if (skipped) console.log(`skipped: the Brie training folders are not at ${BRIE}`);

const checkpoint = (dir: string, step: number, weights: number[]) => ({
  [`${dir}/adapter_config.json`]: adapter,
  [`${dir}/trainer_state.json`]: trainerState(step, 290),
  [`${dir}/adapter_model.safetensors`]: safetensors(weights),
});

describe.skipIf(skipped)('real folders of one family', () => {
  const runs = join(BRIE, 'runs/brie-v2-0.5b');

  test('checkpoint-100, checkpoint-290 and what stood at the path of checkpoint-100 before have three digests', async () => {
    const seen = await Promise.all(
      [
        `${runs}/checkpoint-100`,
        `${runs}/checkpoint-290`,
        `${BRIE}/runs-at-first-commit/brie-v2-0.5b/checkpoint-100`,
      ].map((dir) => inspect(dir)),
    );
    expect(new Set(seen.map(({ digest }) => digest)).size).toBe(3);
    expect(seen.map(({ step, state, max_steps }) => [step, state, max_steps])).toEqual([
      [100, 'unfinished', 290],
      [290, 'finished', 290],
      [100, 'unfinished', 290],
    ]);
    for (const identity of seen) {
      expect(checkpointIdentitySchema.parse(identity)).toEqual(identity);
      expect(codes(identity.findings)).toContain('WEIGHTS_MISSING');
      expect(identity.lora).toEqual({ rank: 16, alpha: 32, targets: ['q_proj', 'v_proj'] });
      expect(identity.base_model).toBe('Qwen/Qwen2.5-0.5B-Instruct');
    }
  });

  test('the losses of 290 steps are read, training and validation at one step in one point', async () => {
    const { losses } = await inspect(`${runs}/checkpoint-290`);
    expect(losses).toHaveLength(29);
    expect(losses[4]).toEqual({ step: 50, epoch: 0.3466204506065858, loss: 3.1103, eval_loss: 2.9163949489593506 });
    expect(losses.at(-1)).toEqual({ step: 290, epoch: 2, loss: 2.7645, eval_loss: null });
    expect(losses.filter((point) => point.eval_loss !== null).map((point) => point.step)).toEqual([
      50, 100, 150, 200, 250,
    ]);
  });

  test('the stale link is named with its target and with the later checkpoint beside it', async () => {
    const root = tree({});
    cpSync(runs, join(root, 'runs/brie-v2-0.5b'), { recursive: true });
    symlinkSync(readFileSync(join(BRIE, 'runs/brie-v2.symlink-target.txt'), 'utf8').trim(), join(root, 'runs/brie-v2'));
    const identity = await inspect(join(root, 'runs/brie-v2'));
    expect(identity.link_target).toBe('brie-v2-0.5b/checkpoint-100');
    expect(identity.path).toBe(join(root, 'runs/brie-v2-0.5b/checkpoint-100'));
    expect(identity.digest).toBe((await inspect(`${runs}/checkpoint-100`)).digest);
    const messages = identity.findings.map(({ message }) => message.replaceAll(`${root}/`, ''));
    expect(messages).toContain('runs/brie-v2 is a link to brie-v2-0.5b/checkpoint-100');
    expect(messages).toContain('runs/brie-v2 points to checkpoint-100, but checkpoint-290 stands beside it');
  });
});

describe('identity', () => {
  test('a slash at the end does not hide a link, and a link to the newest checkpoint is no warning', async () => {
    const root = tree({
      ...checkpoint('run/checkpoint-100', 100, [1]),
      ...checkpoint('run/checkpoint-290', 290, [2]),
      brie: { link: 'run/checkpoint-290' },
    });
    const identity = await inspect(`${root}/brie/`);
    expect(identity.link_target).toBe('run/checkpoint-290');
    expect(codes(identity.findings)).toEqual(['LINK']);
  });

  test('a link above the folder is named too', async () => {
    const root = tree({ ...checkpoint('run-1/checkpoint-290', 290, [1]), run: { link: 'run-1' } });
    const identity = await inspect(`${root}/run/checkpoint-290`);
    expect(identity.link_target).toBeNull();
    expect(identity.findings).toMatchObject([{ code: 'LINK', message: `${root}/run is a link to run-1` }]);
  });

  test('a folder that was overwritten under its name has another digest, a copy elsewhere the same', async () => {
    const root = tree(checkpoint('run/checkpoint-290', 290, [1, 2]));
    const before = await inspect(`${root}/run/checkpoint-290`);
    cpSync(`${root}/run/checkpoint-290`, `${root}/copy`, { recursive: true });
    expect((await inspect(`${root}/copy`)).digest).toBe(before.digest);
    writeFileSync(`${root}/run/checkpoint-290/adapter_model.safetensors`, safetensors([1, 3]));
    expect((await inspect(`${root}/run/checkpoint-290`)).digest).not.toBe(before.digest);
  });

  test('a folder whose state is of another step than its name is an error', async () => {
    const root = tree({
      ...checkpoint('run/checkpoint-290', 290, [1]),
      'run/checkpoint-290/trainer_state.json': trainerState(100, 290),
    });
    const { step, findings } = await inspect(`${root}/run/checkpoint-290`);
    expect(step).toBe(100);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'STEP_DISAGREES', severity: 'error' }));
  });

  test('bad folders are a line each: link loop, broken link, half-written state, NaN loss, empty and cut weights', async () => {
    const root = tree({
      ...checkpoint('whole', 290, [1]),
      loop: { link: 'loop' },
      gone: { link: 'nowhere' },
      ...checkpoint('half', 290, [2]),
      'half/trainer_state.json': JSON.stringify(trainerState(290, 290)).slice(0, 180),
      ...checkpoint('nan', 290, [3]),
      'nan/trainer_state.json':
        '{"global_step": 20, "max_steps": 20, "log_history": [{"step": 10, "loss": 2.5}, {"step": 20, "loss": NaN, "note": "NaN"}]}',
      ...checkpoint('empty', 290, [4]),
      'empty/adapter_model.safetensors': Buffer.alloc(0),
      ...checkpoint('cut', 290, [5]),
      'cut/adapter_model.safetensors': safetensors([5, 6, 7]).subarray(0, -4),
      'bare/README.md': 'nothing',
    });
    const of = async (dir: string) => inspect(`${root}/${dir}`);
    expect(codes((await of('whole')).findings)).toEqual([]);
    expect(await of('loop')).toMatchObject({
      digest: null,
      findings: [{ code: 'LINK' }, { code: 'LINK_LOOP', severity: 'error' }],
    });
    expect(await of('gone')).toMatchObject({
      digest: null,
      link_target: 'nowhere',
      findings: [{ code: 'LINK' }, { code: 'LINK_BROKEN' }],
    });
    const half = await of('half');
    expect(codes(half.findings)).toEqual(['HALF_WRITTEN']);
    expect(half).toMatchObject({ state: 'unknown', losses: [], base_model: 'org/base-0.5b' });
    expect(half.digest).toMatch(/^[\da-f]{64}$/);
    const nan = await of('nan');
    expect(nan.losses.map(({ loss }) => loss)).toEqual([2.5, null]);
    expect(nan.findings).toMatchObject([
      { code: 'LOSS_NOT_A_NUMBER', message: 'the loss is no number at 1 of 2 steps, first at step 20' },
    ]);
    expect(codes((await of('empty')).findings)).toEqual(['WEIGHTS_DAMAGED', 'WEIGHTS_MISSING']);
    const cut = await of('cut');
    expect(cut.findings).toMatchObject([
      {
        code: 'WEIGHTS_DAMAGED',
        message: 'adapter_model.safetensors is cut short: 8 of 12 bytes of tensors are there',
      },
    ]);
    expect(cut.digest).toMatch(/^[\da-f]{64}$/);
    expect(await of('bare')).toMatchObject({ digest: null, weights: null, findings: [{ code: 'WEIGHTS_MISSING' }] });
    await expect(of('never')).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });

  // The superuser may read everything, so the test gives the right up while it looks.
  const asNobody = async <T>(look: () => Promise<T>): Promise<T> => {
    const uid = process.geteuid?.();
    if (uid === 0) process.seteuid!(65534);
    try {
      return await look();
    } finally {
      if (uid === 0) process.seteuid!(0);
    }
  };

  test('weights, state or folder that may not be read leave no digest that claims to cover them', async () => {
    const root = tree({
      ...checkpoint('weights', 290, [1]),
      ...checkpoint('state', 290, [2]),
      ...checkpoint('all', 290, [3]),
    });
    chmodSync(root, 0o755);
    chmodSync(`${root}/weights/adapter_model.safetensors`, 0);
    chmodSync(`${root}/state/trainer_state.json`, 0);
    chmodSync(`${root}/all`, 0);
    const [weights, state, all] = await asNobody(async () => [
      await inspect(`${root}/weights`),
      await inspect(`${root}/state`),
      await inspect(`${root}/all`),
    ]);
    chmodSync(`${root}/all`, 0o755);
    expect(weights).toMatchObject({ digest: null, base_model: 'org/base-0.5b', state: 'finished' });
    expect(weights!.findings[0]).toMatchObject({ code: 'UNREADABLE', message: 'cannot be read: permission denied' });
    expect(state!.digest).toMatch(/^[\da-f]{64}$/);
    expect(codes(state!.findings)).toEqual(['UNREADABLE']);
    expect(all!.digest).toBeNull();
    expect(codes(all!.findings)).toContain('UNREADABLE');
  });

  test('a single weight file is a checkpoint, and so are weights in the subfolder of a named adapter', async () => {
    const root = tree({
      'brie-290.gguf': 'GGUF weights',
      ...checkpoint('checkpoint-290/brie', 290, [1]),
      'flat/x': '',
    });
    const gguf = await inspect(`${root}/brie-290.gguf`);
    expect(gguf).toMatchObject({ digest_of: ['brie-290.gguf'], weights: { bytes: 12 }, findings: [] });
    const nested = await inspect(`${root}/checkpoint-290`);
    expect(nested).toMatchObject({ step: 290, state: 'finished', lora: { rank: 8 } });
    mkdirSync(`${root}/moved`);
    for (const file of ['adapter_config.json', 'adapter_model.safetensors'])
      copyFileSync(`${root}/checkpoint-290/brie/${file}`, `${root}/moved/${file}`);
    expect((await inspect(`${root}/moved`)).digest).toBe(nested.digest);
  });

  test('optimizer state is seen in the forms that Trainer and DeepSpeed write, and is no weight', async () => {
    const root = tree({
      ...checkpoint('plain', 290, [1]),
      ...checkpoint('trainer', 290, [1]),
      'trainer/optimizer.pt': 'o',
      'trainer/training_args.bin': 't',
      ...checkpoint('deepspeed', 290, [1]),
      'deepspeed/global_step290/zero.pt': 'o',
    });
    const [plain, trainer, deepspeed] = await Promise.all(
      ['plain', 'trainer', 'deepspeed'].map((dir) => inspect(`${root}/${dir}`)),
    );
    expect([plain, trainer, deepspeed].map((one) => one!.optimizer_state)).toEqual([false, true, true]);
    expect(trainer!.digest).toBe(plain!.digest);
    expect(deepspeed!.digest).toBe(plain!.digest);
  });
});

describe('sightings over time', () => {
  const seen = (name: string, digest: string, day: string) => ({
    name,
    digest: digest.repeat(64),
    path: `runs/${name}`,
    seen_at: `2026-01-${day}T00:00:00Z`,
  });

  test('one name with two digests and one digest under two names are said, in order of time', () => {
    const findings = identityFindings([
      seen('brie', 'b', '09'),
      seen('brie', 'a', '02'),
      seen('other', 'b', '11'),
      seen('brie', 'b', '10'),
    ]);
    expect(findings).toMatchObject([
      {
        code: 'DIGEST_CHANGED',
        message: `brie has meant 2 different checkpoints: ${'a'.repeat(12)} on 2026-01-02, then ${'b'.repeat(12)} on 2026-01-09`,
      },
      {
        code: 'SAME_DIGEST',
        message: `the same weights ${'b'.repeat(12)} go by 2 names: brie (runs/brie, 2026-01-09) and other (runs/other, 2026-01-11)`,
      },
    ]);
  });

  test('the same sighting again is silent, and a new one hears only of its own name and digest', () => {
    const old = [seen('brie', 'a', '02'), seen('brie', 'b', '03')];
    expect(identityFindings([seen('x', 'c', '01'), seen('x', 'c', '05')])).toEqual([]);
    expect(identityFindings(old, seen('y', 'd', '05'))).toEqual([]);
    expect(codes(identityFindings(old, seen('y', 'a', '05')))).toEqual(['SAME_DIGEST']);
    expect(codes(identityFindings(old, seen('brie', 'c', '05')))).toEqual(['DIGEST_CHANGED']);
  });
});

test('the step in a name is the last one that is called a step', () => {
  expect(
    ['runs/brie-0.5b/checkpoint-290', 'step_40/', 'global_step290', 'brie-step-12', 'checkpoint-1/step_7'].map(
      stepInName,
    ),
  ).toEqual([290, 40, 290, 12, 7]);
  expect(['brie-v2', 'step_final', 'run_100steps', 'Qwen2.5-0.5B', 'checkpoint-9/brie'].map(stepInName)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});
