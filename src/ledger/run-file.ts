// The run file of a stored run, written anew with its suites and templates beside it, so that it stands by itself.
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { RunConfig } from '../config.js';
import { makeFolder } from '../folders.js';
import { ROLES, type Role, type Run, type Suite } from '../records.js';
import { writeSuiteYaml } from '../suites/index.js';

/** A file by its path below the folder, and its text. */
export interface WrittenFile {
  path: string;
  text: string;
}

/**
 * `run.yaml`, one file a suite and one a template. Paths of recorded responses and checkpoint folders stay absolute;
 * keys are named by variable and are in no file. `responses`: JSONL by role, for a run whose responses stand in no file.
 */
export function runFileOf(
  run: Run,
  suites: readonly Suite[],
  responses: Partial<Record<Role, string>> = {},
): WrittenFile[] {
  const config = run.config as unknown as Omit<RunConfig, 'templates'> & { templates: Record<string, string> };
  const { baseline, candidate, sampling, judges, templates, sweep: _s, warnings: _w, suites: _p, ...rest } = config;
  const pathOf = new Map(Object.keys(templates).map((ref) => [ref, templatePath(ref)]));
  const suiteFiles = suites.map((suite, i) => ({
    path: `suites/${String(i + 1).padStart(2, '0')}-${suite.name.replace(/[^\w.-]+/g, '-')}.yaml`,
    text: writeSuiteYaml(suite),
  }));
  const document = {
    ...rest,
    tags: run.tags,
    suites: suiteFiles.map(({ path }) => path),
    ...Object.fromEntries(
      ROLES.map((role) => [
        role,
        responses[role] === undefined
          ? { baseline, candidate }[role]
          : { ...{ baseline, candidate }[role], file: responsePath(role) },
      ]),
    ),
    sampling,
    judges: judges.map(({ template, ...judge }) => ({
      ...judge,
      ...(template !== null && { template: pathOf.get(template) }),
    })),
  };
  const yaml = stringify(withoutNulls(document), { lineWidth: 120 });
  return [
    { path: 'run.yaml', text: `# Written anew from run ${run.id}.\n${yaml}` },
    ...suiteFiles,
    ...Object.entries(templates).map(([ref, text]) => ({ path: pathOf.get(ref)!, text })),
    ...ROLES.flatMap((role) =>
      responses[role] === undefined ? [] : [{ path: responsePath(role), text: responses[role] }],
    ),
  ];
}

const responsePath = (role: Role): string => `responses/${role}.jsonl`;

/** The path a template was named by, where it lies below the run file; else its file name. */
function templatePath(ref: string): string {
  const path = ref.replace(/@[0-9a-f]+$/, '');
  return /^\/|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(path) ? join('prompts', basename(path)) : path;
}

function withoutNulls<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== undefined)) as Partial<T>;
}

/** Writes files below a folder, made where it is not there. */
export async function writeBelow(folder: string, files: readonly WrittenFile[]): Promise<void> {
  for (const { path, text } of files) {
    makeFolder(dirname(join(folder, path)));
    await writeFile(join(folder, path), text);
  }
}
