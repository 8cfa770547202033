// Rewrites the generated parts of README.md: the demo's screen, the commands, the errors and their status over HTTP. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { program } from '../src/cli/program.js';
import { screen } from '../src/cli/screen.js';
import { readRunFile } from '../src/config.js';
import { ERRORS } from '../src/errors.js';
import { HTTP_CODES } from '../src/http/problem.js';
import { launch } from '../src/launch.js';
import { openModels } from '../src/models/index.js';
import { openStore } from '../src/store/index.js';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const DEMO = fileURLToPath(new URL('../demo.yaml', import.meta.url));
/** So that the run id on the screen stays the same. */
const NOON = Date.parse('2026-11-21T12:00:00Z');

async function demoScreen(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doubleblind-docs-'));
  const store = await openStore('sqlite::memory:');
  const models = openModels({ env: {} });
  try {
    const [config] = await readRunFile(DEMO);
    const world = { store, models, clock: () => NOON, signal: new AbortController().signal };
    const launched = await launch(config!, world, { exports: folder, environment: {} });
    const text = screen(
      { ...launched, folder: launched.folder.replace(folder, 'exports') },
      { spent: await store.spent(launched.run.id), costs: await store.costs(launched.run.id) },
      80,
    );
    // Where CI is set, colours are on without a terminal.
    return ['```', stripVTControlCharacters(text).trimEnd(), '```'].join('\n');
  } finally {
    await models.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function commands(): string {
  const rows = program().commands.flatMap((command) => {
    const own =
      command.commands.length > 0
        ? command.commands.map((child) => [command.name(), child] as const)
        : [['', command] as const];
    return own.map(([parent, one]) => {
      const args = one.registeredArguments.map((a) =>
        a.required ? `<${a.name()}${a.variadic ? '…' : ''}>` : `[${a.name()}${a.variadic ? '…' : ''}]`,
      );
      return `| \`${[parent, one.name(), ...args].filter(Boolean).join(' ')}\` | ${one.description().replace(/\|/g, '\\|')} |`;
    });
  });
  return ['| command | does |', '|---|---|', ...rows].join('\n');
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([code, { exit, means }]) => `| \`${code}\` | ${exit} | ${means} |`);
  return ['| code | exit | means |', '|---|--:|---|', ...rows].join('\n');
}

function overHttp(): string {
  const rows = Object.entries(HTTP_CODES).map(([code, { status, means }]) => `| \`${code}\` | ${status} | ${means} |`);
  return ['| code | status | means |', '|---|--:|---|', ...rows].join('\n');
}

/** README.md as it must stand. */
export async function readme(): Promise<string> {
  const parts: Record<string, string> = {
    demo: await demoScreen(),
    commands: commands(),
    errors: errors(),
    http: overHttp(),
  };
  return readFileSync(README, 'utf8').replace(
    /<!-- generated: (\w+) -->[\s\S]*?<!-- \/generated -->/g,
    (_, name: string) => `<!-- generated: ${name} -->\n${parts[name]!}\n<!-- /generated -->`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await readme();
  if (!process.argv.includes('--check')) writeFileSync(README, text);
  else if (text !== readFileSync(README, 'utf8')) {
    console.error('README.md is not current; npm run docs');
    process.exitCode = 1;
  }
}
