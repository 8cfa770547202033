// One adapter from the cases of stats-oracles.json to src/stats: used by the tests and by `npm run oracles -- FILE`.
// A method is looked up by name and computed from its input alone; `keys` are those the case expects back.
import { agreementOracles } from './oracles-agreement.js';
import { intervalOracles } from './oracles-intervals.js';
import { modelOracles } from './oracles-models.js';
import { testOracles } from './oracles-tests.js';

export interface OracleCase {
  id: string;
  group: string;
  method: string;
  input: Record<string, unknown>;
  expected: unknown;
  tolerance: Tolerance;
  source?: string;
  note?: string;
}
type Bound = number | { rel: number };
export type Tolerance = Bound | { keys: Record<string, Bound> };
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- inputs differ by method and are checked by the result
export type Oracle = (input: any, keys: string[]) => unknown;

const ORACLES: Record<string, Oracle> = { ...intervalOracles, ...testOracles, ...agreementOracles, ...modelOracles };

/** What the product gives for a case, with the keys of `expected`; 'not offered' for a method it has not. */
export function answer({ method, input, expected }: Pick<OracleCase, 'method' | 'input' | 'expected'>): unknown {
  // Own names only: every object inherits a "constructor".
  const oracle = Object.hasOwn(ORACLES, method) ? ORACLES[method] : undefined;
  if (oracle === undefined) return 'not offered';
  const keys = typeof expected === 'object' && expected !== null ? Object.keys(expected) : [];
  const got = oracle(input, keys);
  if (keys.length === 0 || typeof got !== 'object' || got === null) return got;
  const all = got as Record<string, unknown>;
  return Object.fromEntries(keys.map((key) => [key, key in all ? all[key] : 'not offered']));
}

/**
 * The line {"id","got"} of a case. A case that cannot be computed says why and leaves the others alone; a number that is
 * not finite stands as text, so that it is never taken for an undefined result.
 */
export function lineOf(oracle: OracleCase): string {
  let got: unknown;
  try {
    got = answer(oracle);
  } catch (error) {
    got = `cannot be computed: ${(error as Error).message}`;
  }
  const finite = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return JSON.stringify({ id: oracle.id, got }, finite);
}

/** Where `got` differs from `expected` beyond the tolerance, as `path: got, expected`; empty when nothing does. */
export function differences(got: unknown, expected: unknown, tolerance: Tolerance, path = ''): string[] {
  if (expected === null || typeof expected === 'string' || typeof expected === 'boolean') {
    return got === expected ? [] : [`${path}: ${JSON.stringify(got)}, ${JSON.stringify(expected)}`];
  }
  if (typeof expected === 'number') {
    const bound = boundOf(tolerance, path);
    const allowed = typeof bound === 'number' ? bound : bound.rel * Math.abs(expected);
    const near = typeof got === 'number' && Math.abs(got - expected) <= allowed + 1e-15;
    return near ? [] : [`${path}: ${JSON.stringify(got)}, ${expected} ± ${allowed}`];
  }
  if (typeof got !== 'object' || got === null) return [`${path}: ${JSON.stringify(got)}, ${JSON.stringify(expected)}`];
  if (Array.isArray(expected) && (!Array.isArray(got) || got.length !== expected.length)) {
    return [`${path}: ${JSON.stringify(got)}, ${expected.length} entries`];
  }
  return Object.entries(expected as object).flatMap(([key, value]) =>
    differences((got as Record<string, unknown>)[key], value, tolerance, path === '' ? key : path),
  );
}

function boundOf(tolerance: Tolerance, key: string): Bound {
  if (typeof tolerance === 'number' || 'rel' in tolerance) return tolerance;
  return tolerance.keys[key] ?? tolerance.keys['*'] ?? 1e-9;
}
