// Candidates ranked where ranking means something: one board for each set of suites, judges and templates.
import { Link } from './address.js';
import type { Board, Leaderboard, LeaderboardRow } from '../answers.js';
import { IntervalMark } from './interval-mark.js';
import { Empty, Loading, Wrong } from './notice.js';
import { count, pValue, range, rateOf } from './numbers.js';
import { OfflineJudges } from './offline-judges.js';
import { useAnswer } from './server.js';
import { Title } from './title.js';

export function LeaderboardScreen() {
  const { value, problem, again } = useAnswer<Leaderboard>('/api/leaderboard');
  return (
    <article className="boards">
      <Title name="Leaderboard" />
      {problem !== null ? (
        <Wrong problem={problem} again={again} />
      ) : value === null ? (
        <Loading what="the leaderboard" />
      ) : value.items.length === 0 ? (
        <Empty title="No finished run yet." />
      ) : (
        value.boards.map((board) => (
          <BoardTable key={board.board} board={board} rows={value.items.filter((row) => row.board === board.board)} />
        ))
      )}
      {value !== null && value.left_out.length > 0 && (
        <details>
          <summary>{count(value.left_out.length)} left out</summary>
          <ul>
            {value.left_out.map(({ run_id, why }) => (
              <li key={run_id}>
                <Link href={`/runs/${encodeURIComponent(run_id)}`}>{run_id}</Link> <span className="quiet">{why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

export function BoardTable({ board, rows }: { board: Board; rows: LeaderboardRow[] }) {
  const ranked = board.by === 'Bradley-Terry';
  const compared = rows.some((row) => row.p_against_first !== null);
  const name = board.suites.join(', ');
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <p className="quiet">
        Judged by {board.judges.join(', ')}, ranked by {board.by}.
      </p>
      <OfflineJudges names={board.offline_judges} />
      {board.why.length > 0 && (
        <details>
          <summary>why it stands apart</summary>
          <ul>
            {board.why.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      )}
      <div className="scroll" tabIndex={0} role="region" aria-label={`Board of ${name}`}>
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">rank</th>
              <th scope="col" className="words">
                checkpoint
              </th>
              <th scope="col" className="middle">
                50
              </th>
              <th scope="col">win rate</th>
              <th scope="col">interval</th>
              <th scope="col">prompts</th>
              {ranked && <th scope="col">rank, 95 %</th>}
              {compared && <th scope="col">p against the first</th>}
              <th scope="col" className="words">
                against
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ run_id, rank, checkpoint, baseline, win_rate, interval, n_prompts, ...row }) => (
              <tr key={run_id}>
                <td>{rank ?? '–'}</td>
                <th scope="row">
                  <Link href={`/runs/${encodeURIComponent(run_id)}`}>{checkpoint}</Link>
                  {row.early !== null && ' *'}
                </th>
                <td>
                  <IntervalMark rate={win_rate.value} interval={interval} />
                </td>
                <td>{rateOf(win_rate.value, n_prompts)}</td>
                <td>{interval === null ? '–' : range(interval.low, interval.high, n_prompts)}</td>
                <td>{count(n_prompts)}</td>
                {ranked && <td>{row.strength === null ? '–' : row.strength.ranks.join('–')}</td>}
                {compared && <td>{pValue(row.p_against_first)}</td>}
                <td className="words">{baseline}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.map(
        ({ run_id, checkpoint, early }) =>
          early !== null && (
            <p key={run_id} className="quiet">
              * {checkpoint}: {early.message}
            </p>
          ),
      )}
    </section>
  );
}
