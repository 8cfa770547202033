// Results for the test tab of a CI server (JUnit XML as Jenkins, GitLab and GitHub actions read it): the conditions of
// a gate as test cases, or without a gate the domains, where only a shown loss is a failure.
import { percent } from '../figures.js';
import type { GateResult } from '../gate.js';
import { DOMAINS, type Run } from '../records.js';
import type { Summary } from '../summary.js';
import { inWords } from './forest.js';
import { escaped, visible } from './html.js';

interface Case {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  message: string;
}

/** A run as JUnit XML. With a gate: one case per condition; without: one per domain, `not tested` skipped. */
export function junit(
  run: Pick<Run, 'id' | 'candidate' | 'baseline'>,
  summary: Summary,
  gated: GateResult | null,
): string {
  const cases = gated === null ? domainCases(summary) : gated.conditions.map(conditionCase);
  const failures = cases.filter(({ state }) => state === 'failed').length;
  const skipped = cases.filter(({ state }) => state === 'skipped').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const suite = `${run.candidate} vs ${run.baseline}`;
  const said = [summary.decision.sentence, ...summary.estimates.slice(0, 40).map(inWords), ...(gated?.warnings ?? [])];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="doubleblind" ${counts}>`,
    `  <testsuite name="${xml(suite)}" id="${xml(run.id)}" ${counts}>`,
    ...cases.map((one) => caseLine(one, suite)),
    `    <system-out>${xml(said.join('\n'))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** XML knows no control characters at all, so that they must be made visible before they are escaped. */
const xml = (text: string): string => escaped(visible(text));

function caseLine({ name, state, message }: Case, suite: string): string {
  const open = `    <testcase classname="${xml(suite)}" name="${xml(name)}"`;
  if (state === 'passed') return `${open}><system-out>${xml(message)}</system-out></testcase>`;
  const inner =
    state === 'skipped'
      ? `<skipped message="${xml(message)}"/>`
      : `<failure message="${xml(message)}">${xml(message)}</failure>`;
  return `${open}>${inner}</testcase>`;
}

function conditionCase({ subject, claim, margin, passed, reason }: GateResult['conditions'][number]): Case {
  const name = `${subject}: ${claim}${margin === null ? '' : ` (margin ${percent(margin)} %)`}`;
  return { name, state: passed ? 'passed' : 'failed', message: reason };
}

function domainCases({ decision, estimates }: Summary): Case[] {
  return DOMAINS.map((domain) => {
    const { verdict } = decision.domains[domain];
    const own = estimates.find(({ group }) => Object.keys(group).join() === 'domain' && group.domain === domain);
    const message = own === undefined ? verdict : `${verdict}. ${inWords(own)}`;
    return {
      name: `${domain}: no loss shown`,
      state: verdict === 'worse' ? 'failed' : verdict === 'not tested' ? 'skipped' : 'passed',
      message,
    };
  });
}
