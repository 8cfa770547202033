// What was asked, of whom, and how to ask it again.
import type { RunDetail } from '../answers.js';
import { Copy } from './copy.js';
import { type Fact, Facts } from './facts.js';
import { count, counted } from './numbers.js';

export function Configuration({ run }: { run: RunDetail }) {
  const command = `npx doubleblind reproduce ${run.id}`;
  const facts: Fact[] = [
    ['name', run.name],
    ['purpose', run.purpose],
    ['training data', [run.data_purpose, run.data_path].filter((part) => part !== null).join(', ') || null],
    [
      'tags',
      Object.entries(run.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || null,
    ],
    [
      'planned',
      `${counted(run.planned.prompts, 'prompt')}, ${count(run.planned.comparisons)} comparisons, ${count(run.planned.judgments)} judgments`,
    ],
    ['configuration', run.configuration],
    ['exports', run.exports],
  ];
  const parts = [
    ['Configuration', run.config],
    ['Decision rule, as set before the run', run.decision_rule],
    ['Checkpoints, as they were found', run.identities],
    ['Environment', run.environment],
  ] as const;
  return (
    <section aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      {run.origin === 'own' && (
        <p>
          To repeat it: <code>{command}</code> <Copy text={command}>copy</Copy>
        </p>
      )}
      <Facts facts={facts} />
      {parts.map(
        ([name, value]) =>
          Object.keys(value).length > 0 && (
            <details key={name}>
              <summary>{name}</summary>
              <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
            </details>
          ),
      )}
    </section>
  );
}
