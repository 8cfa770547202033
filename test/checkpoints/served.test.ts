import { describe, expect, test } from 'vitest';
import type { CheckpointIdentity } from '../../src/checkpoints/identity.js';
import { askServed, compareServed, type GetJson } from '../../src/checkpoints/served.js';

const BASE = 'http://localhost:8000/v1';
const SHA = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

/** A server that answers these URLs and refuses all others; `asked` keeps what was asked for. */
function server(answers: Record<string, unknown>): { get: GetJson; asked: string[] } {
  const asked: string[] = [];
  const get: GetJson = (url, body) => {
    asked.push(url);
    const key = body === undefined ? url : `POST ${url} ${JSON.stringify(body)}`;
    return key in answers ? Promise.resolve(answers[key]) : Promise.reject(new Error('404'));
  };
  return { get, asked };
}

const folder = (path: string, own: Partial<CheckpointIdentity> = {}): CheckpointIdentity => ({
  path,
  link_target: null,
  digest: SHA,
  base_model: 'org/base',
  step: null,
  epoch: null,
  lora: null,
  state: 'unknown',
  losses: [],
  findings: [],
  given_path: path,
  digest_of: [],
  weights: null,
  optimizer_state: false,
  max_steps: null,
  num_train_epochs: null,
  ...own,
});

const vllm = (root: string, id = 'brie') => ({
  [`${BASE}/models`]: {
    data: [
      { id: 'org/base', owned_by: 'vllm', root: 'org/base', parent: null },
      { id, owned_by: 'vllm', root, parent: 'org/base' },
    ],
  },
});

async function status(answers: Record<string, unknown>, identity: CheckpointIdentity, model = 'brie') {
  return compareServed(await askServed(BASE, model, server(answers).get), identity);
}

describe('vLLM', () => {
  const at290 = folder('/data/runs/brie-v2/checkpoint-290', { step: 290 });

  test('root and parent are stored, and nothing else is asked', async () => {
    const { get, asked } = server(vllm('/data/runs/brie-v2/checkpoint-290'));
    expect(await askServed(`${BASE}/`, 'brie', get)).toMatchObject({
      server: 'vllm',
      listed: true,
      root: '/data/runs/brie-v2/checkpoint-290',
      parent: 'org/base',
    });
    expect(asked).toEqual([`${BASE}/models`]);
  });

  test('the same path is verified, another prefix is not, another folder or step stops the run', async () => {
    expect((await status(vllm('/data/runs/brie-v2/checkpoint-290/'), at290)).status).toBe('verified');
    expect((await status(vllm('/workspace/brie-v2/checkpoint-290'), at290)).status).toBe('unverified');
    expect(await status(vllm('/data/runs/brie-v2/checkpoint-100'), at290)).toEqual({
      status: 'mismatch',
      why: 'the server serves step 100 (/data/runs/brie-v2/checkpoint-100), the folder is of step 290',
    });
    expect((await status(vllm('/data/runs/brie-v3'), at290)).status).toBe('mismatch');
    expect((await status(vllm('org/base'), at290)).status).toBe('mismatch');
  });

  test('a folder that was overwritten with another step under the served name is a mismatch', async () => {
    expect(
      (
        await status(
          vllm('/data/runs/brie-v2/checkpoint-290'),
          folder('/data/runs/brie-v2/checkpoint-290', { step: 100 }),
        )
      ).status,
    ).toBe('mismatch');
  });

  test('a server that was given the link is unverified: nobody knows where the link pointed then', async () => {
    const linked = folder('/data/runs/brie-v2-0.5b/checkpoint-290', {
      given_path: '/data/runs/brie-v2',
      link_target: 'brie-v2-0.5b/checkpoint-290',
    });
    expect((await status(vllm('/data/runs/brie-v2'), linked)).status).toBe('unverified');
    expect((await status(vllm('/data/runs/brie-v2'), { ...linked, link_target: null })).status).toBe('mismatch');
  });

  test('a model that the server does not list is a mismatch', async () => {
    expect(await status(vllm('/x/checkpoint-290'), at290, 'bri')).toEqual({
      status: 'mismatch',
      why: 'the server does not serve "bri"',
    });
  });
});

describe('Ollama', () => {
  const gguf = folder('/data/brie', {
    weights: {
      files: [{ file: 'brie.gguf', bytes: 9, sha256: SHA }],
      bytes: 9,
      tensors: null,
      parameters: null,
      dtypes: {},
    },
  });
  const ollama = (file: string | null, tag = OTHER) => ({
    [`${BASE}/models`]: { data: [{ id: 'brie:latest', owned_by: 'library' }] },
    'http://localhost:8000/api/tags': { models: [{ name: 'brie:latest', digest: tag }] },
    ...(file === null
      ? {}
      : {
          'POST http://localhost:8000/api/show {"model":"brie"}': {
            modelfile: `# FROM brie\nFROM /models/blobs/sha256-${file}\nPARAMETER x 1`,
          },
        }),
  });

  test('the blob that it loaded is compared with the file, not the digest of its manifest', async () => {
    expect(await status(ollama(SHA), gguf)).toEqual({
      status: 'verified',
      why: `the server serves the digest ${'a'.repeat(12)} of this folder`,
    });
    expect((await status(ollama('c'.repeat(64)), gguf)).status).toBe('mismatch');
  });

  test('a server that names one digest only is taken at its word', async () => {
    expect((await status(ollama(null, `sha256:${SHA}`), gguf)).status).toBe('verified');
    expect((await status(ollama(null), gguf)).status).toBe('mismatch');
  });

  test('weights that it had to convert cannot be compared', async () => {
    const converted = folder('/data/brie', {
      weights: {
        files: [{ file: 'model.safetensors', bytes: 9, sha256: 'd'.repeat(64) }],
        bytes: 9,
        tensors: 1,
        parameters: 2,
        dtypes: {},
      },
    });
    expect((await status(ollama(OTHER), converted)).status).toBe('unverified');
  });
});

describe('llama.cpp and servers that say little', () => {
  const props = (model_path: string) => ({
    [`${BASE}/models`]: { data: [{ id: 'brie', owned_by: 'llamacpp' }] },
    'http://localhost:8000/props': { model_path },
  });
  const held = folder('/data/brie-290', {
    weights: {
      files: [{ file: 'brie-q8.gguf', bytes: 9, sha256: SHA }],
      bytes: 9,
      tensors: null,
      parameters: null,
      dtypes: {},
    },
  });

  test('the file that llama.cpp loaded is looked for in the folder', async () => {
    expect((await status(props('/data/brie-290/brie-q8.gguf'), held)).status).toBe('verified');
    expect((await status(props('/srv/brie-290/brie-q8.gguf'), held)).status).toBe('unverified');
    expect((await status(props('/data/brie-100/brie-q8.gguf'), held)).status).toBe('mismatch');
    expect((await status(props('/data/brie-290/brie-q4.gguf'), held)).status).toBe('mismatch');
    expect((await status(props('/data/brie-q8.gguf'), folder('/data/checkpoint-290'))).status).toBe('unverified');
    expect((await status(props('/data/brie-step-100.gguf'), folder('/data/checkpoint-290'))).status).toBe('mismatch');
  });

  test('a server that tells nothing is unverified, also when it answers with nonsense or not at all', async () => {
    const at290 = folder('/data/checkpoint-290');
    expect(await status({}, at290)).toEqual({
      status: 'unverified',
      why: 'the server does not say which weights it serves as "brie"',
    });
    expect(
      (await status({ [`${BASE}/models`]: { data: [{ id: 'brie', owned_by: 'me', root: 'brie' }] } }, at290)).status,
    ).toBe('unverified');
    expect((await status({ [`${BASE}/models`]: 'hello' }, at290)).status).toBe('unverified');
  });

  test('paths of Windows servers are read by their last part', async () => {
    expect((await status(props('C:\\runs\\brie-290\\brie-q8.gguf'), held)).status).toBe('unverified');
    expect((await status(vllm('D:\\runs\\checkpoint-100'), folder('/data/checkpoint-290', { step: 290 }))).status).toBe(
      'mismatch',
    );
  });
});
