// Runs side by side: first whether they may be compared at all, then the paired test on the prompts they share, their win
// rates, and what was configured differently.
import type { Comparison, Matter, PairedTest } from '../answers.js';
import { points as pointsOf } from '../figures.js';
import type { Group } from '../summary.js';
import { Link, useAddress } from './address.js';
import { letterOf } from '../words.js';
import { CompareChoice } from './compare-choice.js';
import { PairedTests } from './compare-tests.js';
import { samplesPath } from './filters.js';
import { Trouble } from './glyph.js';
import { Loading, Wrong } from './notice.js';
import { count, range, rateOf } from './numbers.js';
import { OfflineJudges } from './offline-judges.js';
import { useAnswer } from './server.js';
import { Title } from './title.js';

export function CompareScreen() {
  const { search } = useAddress();
  const ids = (new URLSearchParams(search).get('runs') ?? '').split(',').filter(Boolean);
  const query = ids.map((id) => encodeURIComponent(id)).join(',');
  const { value, problem, again } = useAnswer<Comparison>(ids.length < 2 ? null : `/api/compare?runs=${query}`);
  if (ids.length < 2) return <CompareChoice first={ids[0] ?? null} />;
  if (value === null)
    return problem === null ? <Loading what="the runs" /> : <Wrong screen problem={problem} again={again} />;
  return <SideBySide found={value} />;
}

function SideBySide({ found }: { found: Comparison }) {
  const { runs, comparable, matters, metrics, tests, configuration, unmatched } = found;
  return (
    <article className="compare">
      <Title name={`${runs.length} runs side by side`} />
      <p className="sentence">{sentenceOf(found)}</p>
      <ol className="compared">
        {runs.map((run, place) => (
          <li key={run.id}>
            <b>{letterOf(place)}</b> <Link href={`/runs/${encodeURIComponent(run.id)}`}>{run.candidate}</Link>{' '}
            <span className="quiet">
              against {run.baseline} · {run.id} · {run.purpose}
              {run.status !== 'done' && ` · ${run.status}`}
            </span>
            <OfflineJudges names={run.offline_judges} />
          </li>
        ))}
      </ol>
      <section aria-labelledby="matters">
        <h2 id="matters">{comparable ? 'They may be compared' : 'What stands between them'}</h2>
        <ul className="remarks">
          {matters.map((matter) => (
            <MatterLine key={matter.what} matter={matter} />
          ))}
        </ul>
      </section>
      {tests.map((test) => (
        <PairedTests key={test.second} test={test} places={placesOf(runs)} />
      ))}
      <section aria-labelledby="rates">
        <h2 id="rates">Win rates</h2>
        <Rates runs={runs} metrics={metrics} />
      </section>
      <section aria-labelledby="settings">
        <h2 id="settings">Configured differently</h2>
        <Settings runs={runs} configuration={configuration} />
      </section>
      {unmatched.length > 0 && (
        <details>
          <summary>{count(unmatched.length)} prompts without a partner</summary>
          <ul>
            {unmatched.slice(0, 200).map(({ run, suite, prompt_id }) => (
              <li key={`${run} ${suite} ${prompt_id}`}>
                {letterOf(run)} <Link href={samplesPath(runs[run]!.id, { suite })}>{suite}</Link> {prompt_id}
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

const placesOf = (runs: Comparison['runs']): ReadonlyMap<string, number> =>
  new Map(runs.map(({ id }, place) => [id, place]));

/**
 * What was found of two runs on the prompts they share: a difference is said where its p is below 0.05, by domain with p
 * adjusted for the domains; else that none is shown, which is not the same as none.
 */
function sentenceOf({ runs, tests, comparable }: Comparison): string {
  const told = comparable ? '' : ' They were not asked and judged alike, so candidates are not all that differs.';
  const [test] = tests;
  if (tests.length !== 1 || test === undefined) return `${runs.length} runs, each against the first.${told}`;
  const [overall, ...domains] = test.groups;
  if (overall === undefined || overall.difference === null)
    return `The runs share no judged prompt, so nothing can be said of their difference.${told}`;
  const shown = (domains.length > 1 ? domains : [overall]).filter(isShown).map(differenceWords);
  const shared = `on the ${count(overall.n_prompts)} prompts they share`;
  if (shown.length === 0) return `B is not shown to differ from A ${shared}.${told}`;
  const rest = domains.length > shown.length && domains.length > 1 ? '; elsewhere no difference is shown' : '';
  return `${shown.join('; ')}${rest}, ${shared}.${told}`;
}

const isShown = ({ permutation }: PairedTest): boolean =>
  'p_value' in permutation && (permutation.p_adjusted ?? permutation.p_value) < 0.05;

const differenceWords = ({ group, difference }: PairedTest): string =>
  `${difference! > 0 ? 'B' : 'A'} is better ${group.domain === undefined ? '' : `${group.domain} `}by ${pointsOf(Math.abs(difference!))}`;

function MatterLine({ matter: { same, message } }: { matter: Matter }) {
  return (
    <li>
      {same === false && <Trouble />} {message}
    </li>
  );
}

function Rates({ runs, metrics }: Pick<Comparison, 'runs' | 'metrics'>) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Win rates of the runs">
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">prompts of</th>
            {runs.map((run, place) => (
              <th key={run.id} scope="col">
                {letterOf(place)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map(({ group, values }) => (
            <tr key={JSON.stringify(group)}>
              <th scope="row">{groupWords(group)}</th>
              {values.map((value, place) => (
                <td key={runs[place]!.id}>
                  {value?.win_rate === undefined || value.win_rate === null ? (
                    '–'
                  ) : (
                    <Link
                      href={samplesPath(runs[place]!.id, {
                        ...(group.domain !== undefined && { domain: group.domain }),
                        ...(group.suite !== undefined && { suite: group.suite }),
                      })}
                    >
                      <b>{rateOf(value.win_rate, value.n_prompts)}</b>{' '}
                      {value.interval !== null && range(value.interval.low, value.interval.high, value.n_prompts)}
                      <span className="quiet"> of {count(value.n_prompts)}</span>
                    </Link>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Suites often bear the name of their domain. */
const groupWords = ({ domain, suite }: Group): string =>
  domain ?? (suite === undefined ? 'all prompts' : `suite ${suite}`);

function Settings({ runs, configuration }: Pick<Comparison, 'runs' | 'configuration'>) {
  if (configuration.length === 0) return <p>Nothing.</p>;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Settings that differ">
      <table>
        <thead>
          <tr>
            <th scope="col">setting</th>
            {runs.map((run, place) => (
              <th key={run.id} scope="col" className="words">
                {letterOf(place)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {configuration.map(({ key, values }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              {values.map((value, place) => (
                <td key={runs[place]!.id} className="words setting">
                  {value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
