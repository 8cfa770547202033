// The files that `init` writes.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DoubleblindError } from '../errors.js';
import { makeFolder } from '../folders.js';
import { type CommonOptions, print } from './action.js';
import { next } from './next.js';

const RUN = `# yaml-language-server: $schema=run.schema.json
# A run: two checkpoints, suites of prompts, judges. Check it with \`doubleblind validate run.yaml\`,
# see what it would cost with \`doubleblind run run.yaml --dry-run\`, try a few prompts with \`--limit 5\`.
name: my-checkpoint
purpose: baseline_comparison        # why this run exists
seed: 7                             # drives orders, samples and bootstrap

suites:
  - suites/in-domain.yaml           # what you trained for: replace it, or make it from your validation data:
                                    #   doubleblind suites from-chat data/val.jsonl -o suites/in-domain.yaml
  - out-of-domain                   # bundled: 222 short prompts that show what was forgotten
  - multi-domain                    # bundled: 70 prompts over 14 categories

baseline:                           # any OpenAI-compatible server: vLLM, Ollama, llama.cpp, LM Studio
  name: base
  provider: openai                  # openai | anthropic | recorded (then: file: responses.jsonl)
  model: Qwen/Qwen2.5-0.5B-Instruct
  base_url: http://localhost:8000/v1
  usd_per_hour: 0                   # what the machine costs while it answers; 0: your own
candidate:
  name: my-checkpoint
  provider: openai
  model: my-adapter                 # the name the server gives your adapter
  base_url: http://localhost:8000/v1
  usd_per_hour: 0
  # checkpoint: runs/my-run/checkpoint-290   # its folder: fingerprinted, compared with what the server serves

sampling: { temperature: 0.7, max_tokens: 512, repeats: 1 }

judges:                             # two families are better than one
  - { name: claude, provider: anthropic, model: claude-opus-4-1 }        # ANTHROPIC_API_KEY
  - { name: gpt, provider: openai, model: gpt-4o, max_tokens: 1024 }     # OPENAI_API_KEY
  # - { name: numbers, provider: reference, extract: number }            # no model: compares with known answers
orders: both                        # each pair is shown in both orders
budget_usd: 20                      # a hard cap
# gate: { in-domain: better, out-of-domain: not-worse }
`;

/** For editors, beside the run file, so that it is found without a network and fits this version. */
const SCHEMA = fileURLToPath(new URL('../../schemas/run.schema.json', import.meta.url));

const SUITE = `# What your checkpoint was trained for, as prompts it has not seen. 40 or more can show an effect of 20 points,
# 200 one of 10 (see \`doubleblind power\`). Ids never change: results are matched by them.
name: my-domain
domain: in-domain
description: Replace these with prompts of your own domain
prompts:
  - { id: first-light, category: example, prompt: "Describe the first light of a winter morning in three sentences." }
  - { id: lost-key, category: example, prompt: "Write a short scene in which somebody finds a key that fits nothing they own." }
  - id: two-voices
    category: example
    prompt: |
      Two voices disagree about whether a promise to oneself can be broken.
      Write their conversation in six lines.
`;

const ENV = `# Copy to .env and fill in; .env is read, never written, and stays out of git.
ANTHROPIC_API_KEY=
OPENAI_API_KEY=
`;

const IGNORED = ['.env', 'exports/', 'doubleblind.db', 'doubleblind.db-*'];

/** Writes the files; those that are there stay unless forced. */
export async function initialise(dir: string, flags: CommonOptions & { force?: boolean }): Promise<void> {
  const schema = await readFile(SCHEMA, 'utf8');
  const files = {
    'run.yaml': RUN,
    'run.schema.json': schema,
    'suites/in-domain.yaml': SUITE,
    '.env.example': ENV,
  };
  const there = Object.keys(files).filter((file) => existsSync(join(dir, file)));
  if (there.length > 0 && flags.force !== true) {
    throw new DoubleblindError('USAGE', 'is there already.', {
      file: join(dir, there[0]!),
      hint: 'Choose another folder, or --force.',
    });
  }
  for (const [file, text] of Object.entries(files)) {
    makeFolder(dirname(join(dir, file)));
    await writeFile(join(dir, file), text);
  }
  await ignore(join(dir, '.gitignore'));
  print(flags, { dir, files: [...Object.keys(files), '.gitignore'] }, () =>
    [
      `written to ${dir}: ${Object.keys(files).join(', ')}`,
      `next  edit run.yaml, then  npx ${next(['validate', join(dir, 'run.yaml')], flags)}`,
    ].join('\n'),
  );
}

/** Keys and results stay out of git. */
async function ignore(path: string): Promise<void> {
  const text = existsSync(path) ? await readFile(path, 'utf8') : '';
  const lines = text.split(/\r?\n/);
  const missing = IGNORED.filter((line) => !lines.includes(line));
  if (missing.length === 0) return;
  await writeFile(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
}
