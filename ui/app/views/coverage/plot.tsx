// Points between two probabilities with the line on which they would be equal. What it shows stands in a table too.

export interface PlotPoint {
  readonly x: number
  readonly y: number
  /** How many connections it stands for. */
  readonly weight: number
  readonly label: string
}

interface PlotProps {
  readonly label: string
  readonly xLabel: string
  readonly yLabel: string
  readonly points: readonly PlotPoint[]
}

const size = 220
const left = 34
const bottom = 30
/** Room for a dot at the edge. */
const top = 13
const ticks = [0, 0.25, 0.5, 0.75, 1]

export function ProbabilityPlot({ label, xLabel, yLabel, points }: PlotProps) {
  const most = Math.max(1, ...points.map(({ weight }) => weight))
  const atX = (p: number) => left + p * size
  const atY = (p: number) => top + (1 - p) * size
  return (
    <svg
      className="plot"
      viewBox={`0 0 ${left + size + top} ${top + size + bottom + 4}`}
      role="img"
      aria-label={`${label}: ${points.map((point) => point.label).join('; ')}`}
    >
      {ticks.map((p) => (
        <g key={p}>
          <line className="plot-grid" x1={atX(0)} x2={atX(1)} y1={atY(p)} y2={atY(p)} />
          <line className="plot-grid" x1={atX(p)} x2={atX(p)} y1={atY(0)} y2={atY(1)} />
          <text x={left - 5} y={atY(p) + 3} textAnchor="end">
            {p}
          </text>
          <text x={atX(p)} y={atY(0) + 13} textAnchor="middle">
            {p}
          </text>
        </g>
      ))}
      <line className="plot-equal" x1={atX(0)} y1={atY(0)} x2={atX(1)} y2={atY(1)} />
      <text x={atX(0.5)} y={top + size + bottom} textAnchor="middle">
        {xLabel}
      </text>
      <text transform={`translate(9 ${atY(0.5)}) rotate(-90)`} textAnchor="middle">
        {yLabel}
      </text>
      {points.map(({ x, y, weight, label }) => (
        <circle key={label} cx={atX(x)} cy={atY(y)} r={3 + 8 * Math.sqrt(weight / most)}>
          <title>{label}</title>
        </circle>
      ))}
    </svg>
  )
}
