/** A line without axes, newest at the right. Needs two values; a flat line lies in the middle. */
export function Sparkline({
  values,
  width = 112,
  height = 28,
  label,
}: {
  values: readonly number[];
  width?: number;
  height?: number;
  label: string;
}) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const inner = height - 4;
  const point = (value: number, index: number) => {
    const x = (index / Math.max(1, values.length - 1)) * (width - 4) + 2;
    const y = span === 0 ? height / 2 : 2 + inner - ((value - low) / span) * inner;
    return [Number(x.toFixed(1)), Number(y.toFixed(1))] as const;
  };
  const points = values.map(point);
  const last = points.at(-1);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
      className="max-w-full overflow-visible"
    >
      <polyline
        points={points.map((pair) => pair.join(",")).join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.25"
        strokeLinejoin="round"
        strokeLinecap="round"
        opacity="0.75"
      />
      {last ? <circle cx={last[0]} cy={last[1]} r="2" fill="currentColor" /> : null}
    </svg>
  );
}
