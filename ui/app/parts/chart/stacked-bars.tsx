// Counts over time, stacked. Where `onBrush` is given, a span can be dragged out; the top bar has the same for keys.

import { type PointerEvent, useMemo, useRef, useState } from 'react'
import { count, spanText } from '../../../../src/exporters/words.ts'
import { clockText, momentOf, partsAt } from '../../format/moment.ts'
import { isoOf } from '../../routing/range.ts'
import { useSettings } from '../../state/settings.ts'
import { type Bin, binAt, brushed, type Scale, scaleOf } from './bars-model.ts'

export interface Series {
  readonly name: string
  /** CSS class that gives the colour. */
  readonly className: string
}

interface StackedBarsProps {
  readonly label: string
  readonly fromUs: number
  readonly toUs: number
  readonly stepUs: number
  readonly bins: readonly Bin[]
  readonly series: readonly Series[]
  readonly height?: number
  readonly onBrush?: (fromUs: number, toUs: number) => void
}

export function StackedBars({
  label,
  fromUs,
  toUs,
  stepUs,
  bins,
  series,
  height = 110,
  onBrush,
}: StackedBarsProps) {
  const { zone } = useSettings()
  const scale = useMemo(() => scaleOf(fromUs, toUs, stepUs, bins), [fromUs, toUs, stepUs, bins])
  const [brush, setBrush] = useState<readonly [number, number]>()
  const svg = useRef<SVGSVGElement>(null)
  const share = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect()
    return box ? (event.clientX - box.left) / Math.max(1, box.width) : 0
  }
  const end = (event: PointerEvent) => {
    if (!brush || !onBrush) return
    setBrush(undefined)
    const span = brushed(scale, brush[0], share(event))
    // A click without a drag is no choice of a span.
    if (Math.abs(brush[0] - share(event)) > 0.004) onBrush(span.fromUs, span.toUs)
  }
  const totals = series.map((_, i) => bins.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0))
  const spoken = series.map(({ name }, i) => `${count(totals[i] ?? 0)} ${name}`).join(', ')
  const middle = scale.fromUs + (scale.bins * scale.stepUs) / 2
  return (
    <figure className="bars">
      <svg
        ref={svg}
        viewBox={`0 0 ${scale.bins} ${height}`}
        height={height}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${spoken}`}
        className={onBrush && 'brushable'}
        onPointerDown={(event) => {
          if (!onBrush || event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          setBrush([share(event), share(event)])
        }}
        onPointerMove={(event) => brush && setBrush([brush[0], share(event)])}
        onPointerUp={end}
        onPointerCancel={() => setBrush(undefined)}
      >
        <rect className="bar-ground" x={0} y={height - 1} width={scale.bins} height={1} />
        {bins.map((bin) => (
          <Column key={bin.us} bin={bin} scale={scale} height={height} series={series} zone={zone} />
        ))}
        {brush && (
          <rect
            className="brush"
            x={Math.min(...brush) * scale.bins}
            width={Math.abs(brush[1] - brush[0]) * scale.bins}
            y={0}
            height={height}
          />
        )}
      </svg>
      <div className="axis" aria-hidden="true">
        <span>{momentOf(isoOf(scale.fromUs), zone)}</span>
        <span>{clockText(partsAt(middle, zone).clock, 0)}</span>
        <span>{momentOf(isoOf(scale.fromUs + scale.bins * scale.stepUs), zone)}</span>
      </div>
      <figcaption>
        <span>
          {series.map(({ name, className }, i) => (
            <span key={name}>
              <span className={`key ${className.replace('bar-', 'key-')}`} />
              {name} {count(totals[i] ?? 0)}
            </span>
          ))}
        </span>
        <span>
          each bar {spanText(scale.stepUs / 1000)}, the highest {count(scale.max)}
          {onBrush && '; drag to choose a span'}
        </span>
      </figcaption>
    </figure>
  )
}

function Column({
  bin,
  scale,
  height,
  series,
  zone,
}: {
  bin: Bin
  scale: Scale
  height: number
  series: readonly Series[]
  zone: string
}) {
  const x = binAt(scale, bin.us)
  if (x < 0 || x >= scale.bins) return null
  const words = series.map(({ name }, i) => `${count(bin.counts[i] ?? 0)} ${name}`).join(', ')
  let y = height - 1
  const parts = series.map(({ name, className }, i) => {
    const n = bin.counts[i] ?? 0
    // One of anything stays visible beside thousands of another.
    const tall = n === 0 ? 0 : Math.max(2, (n / scale.max) * (height - 4))
    y -= tall
    return <rect key={name} className={className} x={x + 0.08} y={y} width={0.84} height={tall} />
  })
  return (
    <g>
      {parts}
      <rect className="bar-hover" x={x} y={0} width={1} height={height}>
        <title>{`${momentOf(isoOf(bin.us), zone)}: ${words}`}</title>
      </rect>
    </g>
  )
}
