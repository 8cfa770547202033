// A win rate with its interval on an axis from 0 to 100 with a line at 50, small enough for a row of a table that has the
// numbers beside it.

const WIDTH = 160;
const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;

interface Props {
  rate: number | null;
  interval: { low: number; high: number } | null;
  /** A rate that is not a win rate: no line at 50, no side. */
  plain?: boolean;
}

export function IntervalMark({ rate, interval, plain = false }: Props) {
  const { low, high } = interval ?? { low: rate ?? 0, high: rate ?? 0 };
  const side = interval === null || plain ? '' : low > 0.5 ? 'win' : high < 0.5 ? 'loss' : '';
  // A margin of a dot's radius, so that 0 and 100 are drawn whole.
  const x = (share: number) => 4 + share * (WIDTH - 8);
  return (
    <svg
      className={`interval-mark ${side}`}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <path className="axis" d={`M${x(0)} ${MIDDLE}H${x(1)}${plain ? '' : `M${x(0.5)} 0V${HEIGHT}`}`} />
      {rate !== null && (
        <>
          <path d={`M${x(low)} ${MIDDLE}H${x(high)}`} />
          <circle cx={x(rate)} cy={MIDDLE} r={4} />
        </>
      )}
    </svg>
  );
}
