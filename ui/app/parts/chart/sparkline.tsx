/** Values as a line without axes; `label` says what it shows in words. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const max = Math.max(1, ...values)
  const step = values.length > 1 ? 100 / (values.length - 1) : 0
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(17 - (value / max) * 16).toFixed(1)}`)
  return (
    <svg className="spark" viewBox="0 0 100 18" preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--cause)"
        strokeWidth="1.4"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
