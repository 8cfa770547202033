// What a run cost, and who spent it.
import { Link } from './address.js';
import type { RunDetail } from '../answers.js';
import { callWords } from '../words.js';
import { samplesPath } from './filters.js';
import { count, counted, money } from './numbers.js';

interface Spender {
  name: string;
  kind: string;
  calls: number;
  /** Null as soon as the price of one call is unknown. */
  usd: number | null;
}

export function Costs({ run: { id, spent, costs } }: { run: RunDetail }) {
  const spenders = new Map<string, Spender>();
  for (const { kind, name, calls, cost_usd } of costs) {
    const key = `${kind} ${name}`;
    const before = spenders.get(key) ?? { name, kind, calls: 0, usd: 0 };
    const usd = before.usd === null || cost_usd === null ? null : before.usd + cost_usd;
    spenders.set(key, { ...before, calls: before.calls + calls, usd });
  }
  return (
    <section aria-labelledby="costs">
      <h2 id="costs">Cost</h2>
      <p>
        <b>{money(spent.cost_usd)}</b> in {callWords({ spent, costs })}; {count(spent.input_tokens)} tokens in,{' '}
        {count(spent.output_tokens)} out.
        {spent.unpriced > 0 && spent.cost_usd !== null && (
          <> The price of {counted(spent.unpriced, 'record')} is unknown and not in the sum.</>
        )}
      </p>
      {spenders.size > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-label="Cost by model">
          <table className="numbers">
            <thead>
              <tr>
                <th scope="col">model</th>
                <th scope="col">as</th>
                <th scope="col">calls</th>
                <th scope="col">cost</th>
              </tr>
            </thead>
            <tbody>
              {[...spenders].map(([key, spender]) => (
                <tr key={key}>
                  <th scope="row">
                    {spender.kind === 'judge' ? (
                      <Link href={samplesPath(id, { judge: spender.name })}>{spender.name}</Link>
                    ) : (
                      spender.name
                    )}
                  </th>
                  <td>{spender.kind}</td>
                  <td>{count(spender.calls)}</td>
                  <td>{spender.calls === 0 ? '–' : money(spender.usd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
