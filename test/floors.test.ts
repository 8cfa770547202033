// Holds the plan of the house: what may import what.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const GROUND = [
  'records',
  'summary',
  'answers',
  'figures',
  'words',
  'audit-sentence',
  'errors',
  'csv',
  'hash',
  'random',
  'bytes',
  'folders',
  'jsonl',
  'yaml',
  'tally',
];
const ROOMS = ['suites', 'checkpoints', 'models', 'formats', 'store', 'queue', 'judging', 'stats'];
/** What the page may know of the rest: shapes, and the words and figures that all doors print. */
const SHAPES = ['records', 'summary', 'answers'];
const WORDS = ['figures', 'words', 'audit-sentence'];
const PAGE = [...SHAPES, ...WORDS];
const DOORS = ['cli', 'http', 'web', 'index'];
const GROUND_PACKAGES = ['zod', 'yaml', 'csv-parse', 'canonicalize', 'pure-rand'];

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => join(SRC, file));
const placeOf = (file: string) =>
  relative(SRC, file)
    .split('/')[0]!
    .replace(/\.tsx?$/, '');
const floorOf = (place: string) =>
  GROUND.includes(place) ? 'ground' : ROOMS.includes(place) ? 'room' : DOORS.includes(place) ? 'door' : 'work';

interface Import {
  file: string;
  from: string;
  to: string;
  /** `import type` or `export type`. */
  type: boolean;
}

/** Files that are loaded with a file: those it imports as values, and theirs. */
function loadedWith(file: string): Set<string> {
  const loaded = new Set<string>();
  const add = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const text = readFileSync(join(SRC, path), 'utf8');
    for (const [statement, type, target] of text.matchAll(IMPORT)) {
      if (type === undefined && target!.startsWith('.') && !statement.startsWith('import('))
        add(join(dirname(path), target!.replace(/\.js$/, '.ts')));
    }
  };
  add(file);
  return loaded;
}

const IMPORT = /(?:(?:import|export) (type )?[^;'"]*?from\s+|import\s+|import\(\s*)'([^']+)'/g;

function imports(): { own: Import[]; packages: Import[] } {
  const own: Import[] = [];
  const packages: Import[] = [];
  for (const file of FILES) {
    const text = readFileSync(file, 'utf8');
    for (const [, type, target] of text.matchAll(IMPORT)) {
      const from = placeOf(file);
      if (target!.startsWith('.'))
        own.push({
          file,
          from,
          to: placeOf(join(dirname(file), target!.replace(/\.js$/, '.ts'))),
          type: type !== undefined,
        });
      else if (!target!.startsWith('node:')) packages.push({ file, from, to: target!, type: type !== undefined });
    }
  }
  return { own, packages };
}

const shown = (found: Import[]) => found.map(({ file, to }) => `${relative(SRC, file)} → ${to}`);

describe('floors', () => {
  const { own, packages } = imports();

  it('there are imports to look at', () => expect(own.length).toBeGreaterThan(200));

  it('ground imports nothing above it, and few packages', () => {
    expect(shown(own.filter(({ from, to }) => floorOf(from) === 'ground' && floorOf(to) !== 'ground'))).toEqual([]);
    expect(
      shown(
        packages.filter(({ from, to }) => floorOf(from) === 'ground' && !GROUND_PACKAGES.some((p) => to.startsWith(p))),
      ),
    ).toEqual([]);
  });

  it('rooms import ground and themselves, never each other', () => {
    expect(
      shown(own.filter(({ from, to }) => floorOf(from) === 'room' && to !== from && floorOf(to) !== 'ground')),
    ).toEqual([]);
  });

  it('nothing imports a door but the door itself', () => {
    expect(shown(own.filter(({ from, to }) => floorOf(to) === 'door' && floorOf(from) !== 'door'))).toEqual([]);
  });

  it('the page imports shapes and words only, and of records and answers nothing but types', () => {
    const fromPage = own.filter(({ from, to }) => from === 'web' && to !== 'web');
    expect(shown(fromPage.filter(({ to }) => !PAGE.includes(to)))).toEqual([]);
    // A value would bring zod into the browser.
    expect(shown(fromPage.filter(({ to, type }) => SHAPES.includes(to) && !type))).toEqual([]);
    expect(shown(own.filter(({ from, to, type }) => WORDS.includes(from) && SHAPES.includes(to) && !type))).toEqual([]);
  });

  it('a run begins without the statistics and the report, which are loaded for its end', () => {
    const late = (path: string): boolean => /^(stats|report)\b/.test(path);
    const loaded = [...loadedWith('cli/running.ts')];
    expect(loaded).toEqual(expect.arrayContaining(['run.ts', 'launch.ts', 'judging/verdict.ts']));
    expect(loaded.filter(late)).toEqual([]);
    expect([...loadedWith('conclusion.ts')].filter(late)).toEqual(
      expect.arrayContaining(['stats/summarize.ts', 'report.ts']),
    );
  });

  it('no command begins with the price list and the SDKs, which are loaded when somebody is asked', () => {
    const heavy = ['models/prices.ts', 'models/openai.ts', 'models/anthropic.ts'];
    const commands = FILES.map((file) => relative(SRC, file)).filter((file) => file.startsWith('cli/'));
    const loaded = commands.flatMap((file) => [...loadedWith(file)].map((other) => `${file} loads ${other}`));
    expect(loaded).toContain('cli/running.ts loads models/hosted.ts');
    expect(loaded.filter((line) => heavy.some((file) => line.endsWith(` ${file}`)))).toEqual([]);
  });

  it('a command that only reads begins without whoever answers', () => {
    const asks = (file: string): boolean => loadedWith(`cli/${file}.ts`).has('models/index.ts');
    const reading = ['listing', 'comparing', 'ranking', 'gating', 'auditing', 'statistics', 'transferring'];
    expect(reading.filter(asks)).toEqual([]);
    expect(asks('reproducing')).toBe(true);
  });

  it('zod is imported as a namespace, of which a bundle takes what is used', () => {
    const whole = FILES.filter((file) => /import \{ z \} from 'zod'/.test(readFileSync(file, 'utf8')));
    expect(whole.map((file) => relative(SRC, file))).toEqual([]);
  });

  it('judging and stats import no node module but crypto and util', () => {
    const found = FILES.filter((file) => ['judging', 'stats'].includes(placeOf(file))).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/'node:(\w+)'/g)].flatMap(([, name]) =>
        ['crypto', 'util'].includes(name!) ? [] : [`${relative(SRC, file)} → ${name}`],
      ),
    );
    expect(found).toEqual([]);
  });
});
