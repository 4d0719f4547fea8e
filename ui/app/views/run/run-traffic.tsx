import { useMemo } from 'react'
import type { LiveRun } from '../../../../src/server/api.ts'
import { usOf } from '../../format/moment.ts'
import { StackedBars } from '../../parts/chart/stacked-bars.tsx'
import { Panel } from '../../parts/panel.tsx'
import { setRange, useRange } from '../../routing/navigate.ts'
import { rangeBetween } from '../../routing/range.ts'

const series = [
  { name: 'allowed', className: 'bar-allowed' },
  { name: 'denied', className: 'bar-blocked' },
]
const minuteUs = 60e6
/** A young run is not drawn as two walls. */
const minutesMin = 30

/** Connections per minute of one run, or of the span that is chosen. */
export function RunTraffic({ run }: { run: LiveRun }) {
  const range = useRange()
  const [rangeFrom, rangeTo] = [usOf(range?.from), usOf(range?.to)]
  const bins = useMemo(
    () =>
      run.minutes.flatMap(({ time, allowed, blocked }) => {
        const us = usOf(time)
        return us === undefined ? [] : [{ us, counts: [allowed, blocked] }]
      }),
    [run.minutes],
  )
  const shown = bins.filter(
    ({ us }) =>
      (rangeFrom === undefined || us + minuteUs > rangeFrom) && (rangeTo === undefined || us < rangeTo),
  )
  const end = rangeTo ?? Math.max((bins.at(-1)?.us ?? 0) + minuteUs, usOf(run.lastTime) ?? 0)
  const toUs = Math.ceil(end / minuteUs) * minuteUs
  const begin =
    rangeFrom ?? Math.min(bins[0]?.us ?? toUs, usOf(run.firstTime) ?? toUs, toUs - minutesMin * minuteUs)
  const fromUs = Math.floor(begin / minuteUs) * minuteUs
  if (bins.length === 0) {
    return (
      <Panel title="Connections">
        <p className="quiet">It has tried to reach nothing.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Connections" lead="Per minute, as the gateway decided them.">
      <StackedBars
        label="Connections per minute"
        fromUs={fromUs}
        toUs={toUs}
        stepUs={minuteUs}
        bins={shown}
        series={series}
        height={84}
        onBrush={(start, end) => setRange(rangeBetween(start, end))}
      />
    </Panel>
  )
}
