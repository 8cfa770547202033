// The work of `gate`.
import { appendFile, writeFile } from 'node:fs/promises';
import { DoubleblindError, suggest } from '../errors.js';
import { gate, type GateResult } from '../gate.js';
import { claimsOf, type Gate, gateSchema, subjectsOf } from '../gate-rule.js';
import { findRun } from '../find-run.js';
import type { Run, Suite } from '../records.js';
import { junit } from '../report/junit.js';
import { gateMarkdown } from '../report/markdown.js';
import type { Store } from '../store/index.js';
import { winRates } from '../win-rates.js';
import { print } from './action.js';
import type { GateFlags } from './gate.js';
import { columns, paint, plain, wrapped } from './terminal.js';

export async function gateRun(store: Store, id: string, flags: GateFlags): Promise<number> {
  const run = await findRun(store, id);
  const suites = await store.suites(run.id);
  const rule = ruleOf(run, suites, flags);
  const summary = await winRates(store, run);
  const result = gate(run, summary, rule, suites);
  if (flags.junit !== undefined) await writeFile(flags.junit, junit(run, summary, result));
  const step = process.env['GITHUB_STEP_SUMMARY'];
  if (step !== undefined && step !== '') await appendFile(step, gateMarkdown(run, summary, result));
  print(flags, result, () => textOf(result));
  return result.passed ? 0 : 1;
}

/** The gate of the run file with flags over it. @throws USAGE without a condition; UNKNOWN_KEY for a name nothing has */
function ruleOf(run: Run, suites: Suite[], flags: GateFlags): Gate {
  const { minCoverage, maxOrderDependent, minAgreement, canaries } = flags;
  const rule = gateSchema.parse({
    ...(run.config['gate'] as Gate | null | undefined),
    ...flags.notShownWorse,
    ...flags.notWorse,
    ...flags.better,
    ...(minCoverage !== undefined && { min_coverage: minCoverage }),
    ...(maxOrderDependent !== undefined && { max_order_dependent: maxOrderDependent }),
    ...(minAgreement !== undefined && { min_agreement: minAgreement }),
    ...(canaries !== undefined && { canaries }),
  });
  if (Object.keys(rule).length === 0) {
    throw new DoubleblindError('USAGE', 'there is no condition to hold the run against.', {
      hint: 'Give the run file a `gate:`, or flags such as --better in-domain --not-worse out-of-domain=0.1.',
    });
  }
  const subjects = subjectsOf(suites);
  const wrong = claimsOf(rule).find(({ name }) => !subjects.includes(name));
  if (wrong !== undefined) {
    const near = suggest(wrong.name, subjects);
    throw new DoubleblindError('UNKNOWN_KEY', `"${wrong.name}" is no domain, suite or category of the run.`, {
      hint: near === null ? `It has ${subjects.slice(0, 12).join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  return rule;
}

function textOf({ run, passed, conditions, warnings }: GateResult): string {
  const width = columns();
  const head = passed ? paint.bold('passed') : paint.bold('not passed');
  return [
    `${head}   run ${run}`,
    '',
    ...conditions.flatMap((c) => [
      `  ${c.passed ? '✓' : paint.yellow('✗')} ${plain(c.subject)}: ${c.claim}`,
      ...wrapped(plain(c.reason), width, 6),
    ]),
    ...(warnings.length === 0 ? [] : ['', ...warnings.flatMap((w) => wrapped(`! ${plain(w)}`, width, 2))]),
  ].join('\n');
}
