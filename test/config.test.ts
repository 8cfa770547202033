// What a run file is refused for: one line with file, line and column, before anything is asked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRunFile } from '../src/config.js';
import { DoubleblindError } from '../src/errors.js';

const back = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'doubleblind-config-'));
beforeAll(() => {
  process.chdir(folder);
  const answers = ['a', 'b'].map((id) => JSON.stringify({ prompt_id: id, response: `about ${id}` })).join('\n');
  write({
    's.yaml': 'name: s\ndomain: in-domain\nprompts:\n  - { id: a, prompt: p }\n  - { id: b, prompt: q }\n',
    'ra.jsonl': answers,
    'rb.jsonl': answers,
    'step-1.jsonl': answers,
  });
});
afterAll(() => {
  process.chdir(back);
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
}

/** A sound run file, a key a line: `suites` stands on line 2, `judges` on line 5, what is added on line 6. */
const SOUND = {
  purpose: 'trial',
  suites: '[s.yaml]',
  baseline: '{ name: base, provider: recorded, file: ra.jsonl }',
  candidate: '{ name: tuned, provider: recorded, file: rb.jsonl }',
  judges: '[{ provider: offline }]',
};

/** Writes the run file with some keys changed; its name. */
function runFile(changes: Record<string, string | null> = {}): string {
  const entries = Object.entries({ ...SOUND, ...changes }).filter(([, value]) => value !== null);
  write({ 'run.yaml': entries.map(([key, value]) => `${key}: ${value}\n`).join('') });
  return 'run.yaml';
}

/** The line a person reads; empty when there is nothing to complain about. */
async function complaint(changes: Record<string, string | null>): Promise<string> {
  try {
    await readRunFile(runFile(changes));
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(DoubleblindError);
    return (error as DoubleblindError).line;
  }
}

it('a sound run file is read, and nothing is said against it', async () => {
  const [config] = await readRunFile(runFile());
  expect(config).toMatchObject({ purpose: 'trial', baseline: { name: 'base' }, warnings: [] });
});

describe('who cannot judge, or cannot answer, is refused where it stands', () => {
  it.each([
    [
      { judges: '[{ provider: recorded, file: rb.jsonl }]' },
      'run.yaml:5:22: "recorded" answers prompts; it cannot judge. Use openai, anthropic, offline or reference;',
    ],
    [{ judges: '[{ provider: recorded }]' }, 'run.yaml:5:22: "recorded" answers prompts; it cannot judge.'],
    [
      { candidate: '{ name: tuned, provider: offline }' },
      'run.yaml:4:37: "offline" judges; it cannot answer prompts. Use openai, anthropic or recorded.',
    ],
    [
      { candidate: null, candidates: '{ provider: reference, file: "step-{{step}}.jsonl", extract: number }' },
      'run.yaml:5:74: `extract` has no meaning for provider `recorded`.',
    ],
  ])('%j', async (changes, line) => {
    expect(await complaint(changes)).toContain(line);
  });
});
