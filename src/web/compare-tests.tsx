// Is one run better than another? The differences on the prompts both were judged on, drawn around 0, with the tests.
import type { Comparison, PairedTest } from '../answers.js';
import { letterOf } from '../words.js';
import { DifferenceMark } from './difference-mark.js';
import { count, pValue, rateOf } from './numbers.js';

interface Props {
  test: Comparison['tests'][number];
  /** Place among the runs compared, by run id. */
  places: ReadonlyMap<string, number>;
}

export function PairedTests({ test: { first, second, groups }, places }: Props) {
  const name = (side: string) => (places.has(side) ? letterOf(places.get(side)!) : side);
  const reach = reachOf(groups);
  return (
    <section aria-label={`${name(second)} less ${name(first)}`}>
      <h2>
        {name(second)} less {name(first)}, prompt by prompt
      </h2>
      <div className="scroll" tabIndex={0} role="region" aria-label={`Tests of ${name(second)} against ${name(first)}`}>
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">prompts of</th>
              <th scope="col">prompts shared</th>
              <th scope="col">{name(first)}</th>
              <th scope="col">{name(second)}</th>
              <th scope="col" className="middle">
                −{Math.round(reach * 100)} to {Math.round(reach * 100)}
              </th>
              <th scope="col">difference</th>
              <th scope="col">bootstrap</th>
              <th scope="col">permutation p</th>
              <th scope="col">t p</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <Row key={JSON.stringify(group.group)} test={group} reach={reach} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ test, reach }: { test: PairedTest; reach: number }) {
  const { group, n_prompts, first, second, difference, permutation, paired_t, bootstrap } = test;
  return (
    <tr>
      <th scope="row">{group.domain ?? 'all prompts'}</th>
      <td>{count(n_prompts)}</td>
      <td>{rateOf(first, n_prompts)}</td>
      <td>{rateOf(second, n_prompts)}</td>
      <td>
        <DifferenceMark difference={difference} interval={'low' in bootstrap ? bootstrap : null} reach={reach} />
      </td>
      <td>{difference === null ? '–' : `${inPoints(difference)} points`}</td>
      <td>{'low' in bootstrap ? `${inPoints(bootstrap.low)} to ${inPoints(bootstrap.high)}` : '–'}</td>
      <td>{'p_value' in permutation ? pValue(permutation.p_adjusted ?? permutation.p_value) : '–'}</td>
      <td>{'p_value' in paired_t ? pValue(paired_t.p_value) : '–'}</td>
    </tr>
  );
}

/** +15, −3, 0: points without decimals. */
function inPoints(share: number): string {
  const text = Math.abs(share * 100).toFixed(0);
  return text === '0' ? text : `${share < 0 ? '−' : '+'}${text}`;
}

/** Half of an axis that holds every interval: 10, 20, … points. */
function reachOf(groups: readonly PairedTest[]): number {
  const ends = groups.flatMap(({ difference, bootstrap }) => [
    difference ?? 0,
    ...('low' in bootstrap ? [bootstrap.low, bootstrap.high] : []),
  ]);
  return Math.max(0.1, Math.ceil(Math.max(...ends.map(Math.abs)) * 10) / 10);
}
