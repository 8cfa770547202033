// The work of `leaderboard`.
import { existsSync } from 'node:fs';
import { type NameMap, readNameMap } from '../checkpoints/index.js';
import { coefficient, percent, range, whole } from '../figures.js';
import { findRun } from '../find-run.js';
import type { Board, Early, LeaderboardRow } from '../answers.js';
import { leaderboard } from '../ledger/leaderboard.js';
import { metricBoard } from '../ledger/metric-board.js';
import type { Store } from '../store/index.js';
import { offlineAmong } from '../judges.js';
import { print } from './action.js';
import type { LeaderboardFlags } from './ledger.js';
import { warningLines } from './screen.js';
import { table } from './table.js';
import { columns, paint, plain, prose, wrapped } from './terminal.js';

/** The name map of a file, of `metrics.yaml` in the working directory, or an empty one. */
export async function nameMap(file: string | undefined): Promise<NameMap> {
  if (file !== undefined) return readNameMap(file);
  return existsSync('metrics.yaml') ? readNameMap('metrics.yaml') : new Map();
}

export async function showLeaderboard(store: Store, ids: string[], flags: LeaderboardFlags): Promise<void> {
  if (flags.metric !== undefined) return showMetric(store, flags.metric, flags);
  const { suite, domain, purpose, tag, all } = flags;
  const runs = ids.length === 0 ? undefined : await Promise.all(ids.map((id) => findRun(store, id)));
  const board = await leaderboard(store, { suite, domain, purpose, tag, all, runs });
  const shown = await Promise.all(board.items.map(({ run_id }) => store.run(run_id)));
  const ranked = { ...board, warnings: offlineAmong(shown.filter((run) => run !== null)) };
  print(flags, ranked, () =>
    [
      ...ranked.boards.flatMap((board) => [
        ...boardLines(
          board,
          ranked.items.filter((row) => row.board === board.board),
        ),
        '',
      ]),
      ...warningLines(ranked),
      ...(ranked.items.length === 0 ? ['no finished run to rank'] : []),
      ...leftOut(ranked.left_out),
    ].join('\n'),
  );
}

function boardLines(board: Board, rows: LeaderboardRow[]): string[] {
  const { by, suites, judges, templates, baselines, why } = board;
  const right = { right: true };
  const strength = by === 'Bradley-Terry';
  const several = baselines.length > 1;
  return [
    paint.bold(prose(plain(`${suites.join(', ')}, judged by ${judges.join(', ')}`))),
    paint.dim(
      prose(
        plain(`by ${by}, ${baselines.length === 1 ? `against ${baselines[0]}, ` : ''}template ${templates.join(', ')}`),
      ),
    ),
    ...why.map((line) => prose(`${paint.yellow('!')} not ranked with the first: ${plain(line)}`)),
    ...table(
      [
        { title: '#', ...right },
        { title: 'checkpoint' },
        ...(several ? [{ title: 'against' }] : []),
        { title: 'win rate', ...right },
        { title: 'interval' },
        { title: 'n', ...right },
        ...(strength ? [{ title: 'strength' }, { title: 'ranks' }] : [{ title: 'p to first', ...right }]),
        { title: 'run', whole: true },
      ],
      rows.map((row) => [
        row.rank === null ? '–' : String(row.rank),
        row.early === null ? row.checkpoint : `${row.checkpoint} *`,
        ...(several ? [row.baseline] : []),
        percent(row.win_rate.value, row.n_prompts),
        range(row.interval, row.n_prompts),
        whole(row.n_prompts),
        ...(strength
          ? [
              row.strength === null
                ? '–'
                : `${coefficient(row.strength.log_strength)} (${coefficient(row.strength.low)} to ${coefficient(row.strength.high)})`,
              row.strength === null ? '–' : [...new Set(row.strength.ranks)].join('–'),
            ]
          : [
              row.p_against_first === null
                ? ''
                : row.p_against_first < 0.001
                  ? '< 0.001'
                  : row.p_against_first.toFixed(3),
            ]),
        row.run_id,
      ]),
    ),
    ...earlyLines(rows.flatMap(({ checkpoint, early }) => (early === null ? [] : [{ name: checkpoint, early }]))),
  ];
}

/** The runs that were looked at before their planned end, each with what holds of it. */
export function earlyLines(runs: readonly { name: string; early: Early }[]): string[] {
  return runs.flatMap(({ name, early }) =>
    wrapped(plain(`${name}: ${early.message}`), Math.min(columns(), 100), 4).map((line, i) =>
      i === 0 ? `  ${paint.yellow('*')} ${line.trimStart()}` : line,
    ),
  );
}

function leftOut(runs: { run_id: string; why: string }[]): string[] {
  if (runs.length === 0) return [];
  return [
    paint.dim(`left out (--all shows unfinished and test runs):`),
    ...runs.map(({ run_id, why }) => paint.dim(plain(`  ${run_id}  ${why}`))),
  ];
}

async function showMetric(store: Store, metric: string, flags: LeaderboardFlags): Promise<void> {
  const items = await metricBoard(store, metric, await nameMap(flags.names));
  print(flags, { items, next_cursor: null }, () => {
    const right = { right: true };
    return table(
      [
        { title: '#', ...right },
        { title: 'checkpoint' },
        { title: 'step', ...right },
        { title: metric, ...right },
        { title: 'rows', ...right },
        { title: 'source' },
      ],
      items.map(({ rank, checkpoint, step, value, n, source }) => [
        String(rank),
        checkpoint,
        step === null ? '–' : whole(step),
        value.toPrecision(4),
        whole(n),
        source,
      ]),
    ).join('\n');
  });
}
