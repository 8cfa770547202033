// The image cannot be built in this test; what it is built from can be looked at.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { COMMANDS } from '../src/cli/commands.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
const compose = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true }) as {
  services: Record<string, { command?: string[]; environment: Record<string, string>; depends_on?: object }>;
};

/** Files and folders that the image takes from here. */
const taken = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '));

describe('the image', () => {
  it('takes only what is there and what is sent to the builder', () => {
    expect(taken.length).toBeGreaterThan(8);
    for (const path of taken) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(ignored, path).toContain(`!${path}`);
    }
  });

  it('is sent nothing else, so that no .env and no database can slip in', () => {
    expect(ignored[0]).toBe('*');
    expect(
      ignored
        .slice(1)
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(
      taken
        .map((path) => `!${path}`)
        .filter((l, i, all) => all.indexOf(l) === i)
        .sort(),
    );
  });
});

describe('the composition', () => {
  it('starts commands and flags that exist', () => {
    const program = new Command();
    for (const register of COMMANDS) register(program);
    const started = Object.values(compose.services).flatMap(({ command }) => (command === undefined ? [] : [command]));
    expect(started.map(([name]) => name)).toEqual(['serve', 'worker']);
    for (const [name, ...words] of started) {
      const flags = program.commands.find((command) => command.name() === name)!.options.map(({ long }) => long);
      for (const word of words.filter((one) => one.startsWith('--'))) expect(flags, word).toContain(word);
    }
  });

  it('gives every process of ours the same database and starts it when that is healthy', () => {
    for (const name of ['serve', 'worker']) {
      const { environment, depends_on } = compose.services[name]!;
      expect(environment['DOUBLEBLIND_DATABASE_URL']).toMatch(/^postgres:\/\/.+@postgres:5432\/doubleblind$/);
      expect(depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    }
    expect(compose.services['serve']!.environment['DOUBLEBLIND_TOKEN']).toContain(':?');
  });
});
