// Folder trees for the tests: written under a temporary folder that is removed when the test file ends.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
});

/** The root of a new tree: path → content (objects as JSON), or `{ link: target }`. */
export function tree(entries: Record<string, string | Buffer | object>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'checkpoints-')));
  made.push(root);
  for (const [path, content] of Object.entries(entries)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) writeFileSync(full, content);
    else if ('link' in content) symlinkSync(String(content.link), full);
    else writeFileSync(full, JSON.stringify(content));
  }
  return root;
}

/** A safetensors file with one tensor of the given values. */
export function safetensors(values: number[], { dtype = 'F32', name = 'lora.weight' } = {}): Buffer {
  const data = Buffer.from(new Float32Array(values).buffer);
  return withHeader({ [name]: { dtype, shape: [values.length], data_offsets: [0, data.length] } }, data);
}

export function withHeader(header: object, data: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

export const adapter = {
  base_model_name_or_path: 'org/base-0.5b',
  r: 8,
  lora_alpha: 16,
  target_modules: ['v_proj', 'q_proj'],
};

/** A `trainer_state.json` at a step of `max_steps`, with a training loss every ten steps. */
export const trainerState = (step: number, max_steps: number): Record<string, unknown> => ({
  global_step: step,
  max_steps,
  num_train_epochs: 2,
  epoch: (2 * step) / max_steps,
  log_history: Array.from({ length: Math.floor(step / 10) }, (_, i) => ({
    step: (i + 1) * 10,
    epoch: (20 * (i + 1)) / max_steps,
    loss: 3 - i / 100,
  })),
});

export const codes = (findings: readonly { code: string }[]): string[] => findings.map(({ code }) => code).sort();
