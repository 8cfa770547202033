// The configuration of a run as flat settings, so that two runs can be told apart line by line: `judges.opus.model`.
import type { Run } from '../records.js';

/** Settings by key in the order of the run file; texts of templates stand as their `path@hash`, suites as their hash. */
export function settingsOf(run: Run): Map<string, unknown> {
  const {
    suites,
    templates,
    judges,
    sweep: _,
    ...config
  } = run.config as Record<string, unknown> & {
    suites?: { name: string; sha256: string }[];
    templates?: Record<string, string>;
    judges?: { name: string }[];
  };
  const git = run.environment['git'] as { commit?: string; dirty?: boolean } | null | undefined;
  const identities = run.identities as Partial<Record<string, { digest?: string; base_model?: string }>>;
  const digests = Object.fromEntries(
    (['baseline', 'candidate'] as const).map((role) => [
      role,
      { digest: identities[role]?.digest, base_model: identities[role]?.base_model },
    ]),
  );
  const settings = new Map<string, unknown>();
  flatten(
    {
      purpose: run.purpose,
      data_purpose: run.data_purpose,
      data_path: run.data_path,
      tags: run.tags,
      ...config,
      suites: Object.fromEntries((suites ?? []).map(({ name, sha256 }) => [name, sha256.slice(0, 12)])),
      templates: Object.keys(templates ?? {}),
      judges: Object.fromEntries((judges ?? []).map(({ name, ...judge }) => [name, judge])),
      weights: digests,
      environment: {
        commit: git?.commit,
        dirty: git?.dirty,
        doubleblind: run.environment['doubleblind'],
        node: run.environment['node'],
      },
    },
    '',
    settings,
  );
  return settings;
}

function flatten(value: unknown, key: string, into: Map<string, unknown>): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return void into.set(key, value);
  for (const [name, one] of Object.entries(value)) flatten(one, key === '' ? name : `${key}.${name}`, into);
}
