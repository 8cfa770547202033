// What a gate may ask for: the `gate:` of a run file, or flags. A claim per domain, suite or category, and limits on how
// far the judging may be doubted.
import * as z from 'zod';
import { DOMAINS, type Suite } from './records.js';

const CLAIMS = ['better', 'not-worse', 'not-shown-worse'] as const;
export type Claim = (typeof CLAIMS)[number];

const share = z.number().min(0).max(1);
const claim = z.union([
  z.enum(CLAIMS),
  z.strictObject({
    claim: z.enum(CLAIMS),
    /** Of `not-worse`: win-rate points below one half, 0..1; default: the margin of the run. */
    margin: share.optional(),
  }),
]);

/** `gate:`: four limits by name, and every other key a domain, suite or category with its claim. */
export const gateSchema = z
  .object({
    /** Least share of due judgments that were judged. */
    min_coverage: share.optional(),
    /** Largest share of comparisons, of any judge, whose winner changed with the order. */
    max_order_dependent: share.optional(),
    /** Least share of comparisons on which any two judges name the same outcome. */
    min_agreement: share.optional(),
    /** Every planted case is judged as it must be, by every judge. */
    canaries: z.boolean().optional(),
  })
  .catchall(claim);
export type Gate = z.infer<typeof gateSchema>;

export interface ClaimOn {
  /** A domain, suite or category. */
  name: string;
  claim: Claim;
  /** Null: the margin of the run. */
  margin: number | null;
}

/** The claims of a gate, in the order they are written. */
export function claimsOf(gate: Gate): ClaimOn[] {
  return Object.entries(gate).flatMap(([name, value]) => {
    if (typeof value === 'string') return [{ name, claim: value, margin: null }];
    return typeof value === 'object' ? [{ name, claim: value.claim, margin: value.margin ?? null }] : [];
  });
}

/** Every name a claim can be made on. */
export function subjectsOf(suites: readonly Suite[]): string[] {
  const names = new Set<string>(DOMAINS);
  for (const { name } of suites) names.add(name);
  for (const { prompts } of suites) for (const { category } of prompts) if (category !== null) names.add(category);
  return [...names];
}
