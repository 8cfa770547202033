// A difference of two rates with its interval on an axis with a line at 0; the numbers stand beside it.

const WIDTH = 160;
const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;

interface Props {
  difference: number | null;
  interval: { low: number; high: number } | null;
  /** Half the axis, 0..1. */
  reach: number;
}

export function DifferenceMark({ difference, interval, reach }: Props) {
  const { low, high } = interval ?? { low: difference ?? 0, high: difference ?? 0 };
  const x = (share: number) => 4 + ((share / reach + 1) / 2) * (WIDTH - 8);
  return (
    <svg className="interval-mark" width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path className="axis" d={`M${x(-reach)} ${MIDDLE}H${x(reach)}M${x(0)} 0V${HEIGHT}`} />
      {difference !== null && (
        <>
          <path d={`M${x(low)} ${MIDDLE}H${x(high)}`} />
          <circle cx={x(difference)} cy={MIDDLE} r={4} />
        </>
      )}
    </svg>
  );
}
