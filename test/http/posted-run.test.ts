import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AllowedEndpoint, readEndpoints, readPostedRun } from '../../src/http/posted-run.js';

const suite = { name: 'mine', domain: 'in-domain', prompts: [{ id: 'p', prompt: 'Say something.' }] };
const checkpoint = (name: string, more: object = {}) => ({ name, provider: 'openai', model: `model-${name}`, ...more });
const runFile = (more: object = {}): Record<string, unknown> => ({
  name: 'posted',
  suites: [suite],
  baseline: checkpoint('base'),
  candidate: checkpoint('tuned'),
  judges: [{ name: 'opus', provider: 'anthropic', model: 'claude-opus-4-1' }],
  ...more,
});
const LISTED: AllowedEndpoint[] = [
  { base_url: 'http://localhost:8000/v1', api_key_env: 'VLLM_API_KEY', headers_env: {} },
  { base_url: 'http://gpu:8000/v1/', headers_env: { 'x-team': 'TEAM' } },
];

const refusal = async (body: Record<string, unknown>, endpoints: AllowedEndpoint[] = []) =>
  readPostedRun(body, endpoints).then(
    () => null,
    (error: { code: string; place: { hint?: string; file?: string } }) => error,
  );

describe('a run file that is posted', () => {
  it('holds its suites, or names bundled ones', async () => {
    const [config] = await readPostedRun(runFile({ suites: [suite, 'out-of-domain'] }), []);
    expect(config!.suites.map(({ name }) => name)).toEqual(['mine', 'out-of-domain']);
    expect(config!.suites[0]!.prompts).toMatchObject([{ id: 'p', prompt: 'Say something.' }]);
  });

  it.each([
    ['a suite by path', { suites: ['/etc/passwd'] }],
    ['a suite by relative path', { suites: ['../secrets.yaml'] }],
    ['a suite with a dot', { suites: ['package.json'] }],
    ['a template by path', { template: 'prompts/pairwise.md' }],
    ['a judge’s template by path', { judges: [{ provider: 'anthropic', model: 'm', template: '/etc/hosts' }] }],
    ['recorded responses', { baseline: { name: 'b', provider: 'recorded', file: 'responses.jsonl' } }],
    ['recorded responses without a file', { baseline: { name: 'b', provider: 'recorded' } }],
    ['a file elsewhere', { baseline: checkpoint('base', { file: '/etc/passwd' }) }],
    ['a checkpoint folder', { candidate: checkpoint('tuned', { checkpoint: 'runs/checkpoint-290' }) }],
  ])('that names %s is refused', async (_what, more) => {
    expect(await refusal(runFile(more))).toMatchObject({ code: 'PATH_OUTSIDE' });
  });

  it('a bare name that is not bundled reads no file of that name', async () => {
    expect(await refusal(runFile({ suites: ['src'] }))).toMatchObject({ code: 'SUITE_UNKNOWN' });
    expect(await refusal(runFile({ template: 'LICENSE' }))).toMatchObject({ code: 'TEMPLATE_UNKNOWN' });
  });

  it('with several candidates is a run for each of them, joined as one sweep', async () => {
    const { candidate: _, ...rest } = runFile();
    const candidates = [100, 200].map((step) => checkpoint(`step-${step}`, { step }));
    const configs = await readPostedRun({ ...rest, candidates }, []);
    expect(configs.map(({ candidate }) => candidate.name)).toEqual(['step-100', 'step-200']);
    expect(new Set(configs.map(({ sweep }) => sweep)).size).toBe(1);
    expect(configs[0]!.sweep).not.toBeNull();
  });

  it('neither looks for candidates on this machine, nor lets one of them name a path or an address', async () => {
    const { candidate: _, ...rest } = runFile();
    const swept = (candidates: unknown) => refusal({ ...rest, candidates });
    expect(await swept({ provider: 'openai', folders: '/runs/*' })).toMatchObject({ code: 'INVALID_VALUE' });
    const fine = checkpoint('fine');
    expect(await swept([fine, checkpoint('x', { checkpoint: '/runs/x' })])).toMatchObject({ code: 'PATH_OUTSIDE' });
    expect(await swept([fine, { name: 'x', provider: 'recorded' }])).toMatchObject({ code: 'PATH_OUTSIDE' });
    expect(await swept([fine, checkpoint('x', { base_url: 'http://169.254.169.254/' })])).toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('a template stands in it, for all judges or for one', async () => {
    const text = `---\nname: own\n---\nWhich is better?\n<!-- texts -->\n{{ prompt }}\n{{ open_a }}\n{{ first }}\n{{ close_a }}\n{{ open_b }}\n{{ second }}\n{{ close_b }}\n`;
    const judges = [
      { name: 'one', provider: 'anthropic', model: 'm', template: 'pairwise' },
      { name: 'two', provider: 'anthropic', model: 'm' },
    ];
    const [config] = await readPostedRun(runFile({ judges, template: { name: 'own', text } }), []);
    expect(config!.judges[0]!.template).toMatch(/^prompts\/pairwise\.md@/);
    expect(config!.judges[1]!.template).toMatch(/^own@[0-9a-f]{12}$/);
    expect(Object.keys(config!.templates).sort()).toEqual(config!.judges.map(({ template }) => template).sort());
    expect(config!.templates[config!.judges[1]!.template!]!.text).toBe(text);
    expect(await refusal(runFile({ template: { name: '../own', text } }))).toMatchObject({ code: 'INVALID_VALUE' });
    const blind = { name: 'own', text: text.replace('{{ prompt }}', '') };
    expect(await refusal(runFile({ template: blind }))).toMatchObject({ code: 'TEMPLATE_SLOT_MISSING' });
    expect(await refusal(runFile({ template: { name: 'own', text: 'no front matter' } }))).toMatchObject({
      code: 'TEMPLATE_SYNTAX',
    });
  });

  it('a mistake is told without a file that is not there', async () => {
    const error = await refusal(runFile({ sead: 3 }));
    expect(error).toMatchObject({ code: 'UNKNOWN_KEY', place: { hint: 'Did you mean "seed"?' } });
    expect(error!.place.file).toBeUndefined();
  });
});

describe('an address in a posted run file', () => {
  const at = (more: object) => runFile({ baseline: checkpoint('base', more) });

  it('is the provider’s own, or one of the list together with its variable', async () => {
    expect(await refusal(at({ base_url: 'https://api.openai.com/v1' }))).toBeNull();
    expect(await refusal(at({ base_url: 'http://localhost:8000/v1', api_key_env: 'VLLM_API_KEY' }), LISTED)).toBeNull();
    expect(
      await refusal(at({ base_url: 'http://localhost:8000/v1/', api_key_env: 'VLLM_API_KEY' }), LISTED),
    ).toBeNull();
    expect(await refusal(at({ base_url: 'http://gpu:8000/v1', headers_env: { 'x-team': 'TEAM' } }), LISTED)).toBeNull();
  });

  it.each([
    ['an address nobody listed', { base_url: 'http://169.254.169.254/latest' }],
    ['a listed address without its variable', { base_url: 'http://localhost:8000/v1' }],
    [
      'a listed address with another variable',
      { base_url: 'http://localhost:8000/v1', api_key_env: 'ANTHROPIC_API_KEY' },
    ],
    ['a variable sent to the provider', { api_key_env: 'AWS_SECRET_ACCESS_KEY' }],
    ['a variable in a header', { headers_env: { 'x-leak': 'AWS_SECRET_ACCESS_KEY' } }],
    ['another variable in a listed header', { base_url: 'http://gpu:8000/v1', headers_env: { 'x-team': 'HOME' } }],
    ['a name that only looks like the provider’s', { base_url: 'https://api.openai.com.evil.example/v1' }],
    ['the provider’s name in the clear', { base_url: 'http://api.openai.com/v1' }],
    ['a port of this machine', { base_url: 'http://localhost:8000/v1@evil.example', api_key_env: 'VLLM_API_KEY' }],
    ['no address at all', { base_url: 'file:///etc/passwd' }],
  ])('%s is refused', async (_what, more) => {
    expect(await refusal(at(more), LISTED)).toMatchObject({ code: 'INVALID_VALUE' });
    expect(await refusal(runFile({ judges: [{ provider: 'openai', model: 'm', ...more }] }), LISTED)).toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  it('the list is read strictly', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doubleblind-endpoints-'));
    const file = join(folder, 'endpoints.yaml');
    try {
      writeFileSync(file, '- { base_url: "http://localhost:8000/v1", api_key_env: VLLM_API_KEY }\n');
      expect(await readEndpoints(file)).toEqual([LISTED[0]]);
      writeFileSync(file, '- { base_url: "http://localhost:8000/v1", api_key: sk-123 }\n');
      await expect(readEndpoints(file)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
