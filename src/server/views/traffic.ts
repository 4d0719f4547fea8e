// Connections allowed and denied over time, summed over runs.

import type { Minute } from '../live/minutes.ts'
import type { Overview } from '../wire/overview.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const binsMax = 240

export interface Span {
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
}

/** The asked span, at most its last day; else the last hour: until now when something runs, else until the last that was. */
export function trafficOf(
  runs: readonly Iterable<Minute>[],
  { fromMs, toMs }: Span,
  nowMs: number,
  isLive: boolean,
): Overview['traffic'] {
  const to = Math.ceil((toMs ?? (isLive ? nowMs : (lastMs(runs, nowMs) ?? nowMs))) / minuteMs) * minuteMs
  const asked = fromMs === undefined ? to - hourMs : Math.floor(fromMs / minuteMs) * minuteMs
  const from = Math.min(Math.max(asked, to - dayMs), to - minuteMs)
  const stepMs = Math.ceil((to - from) / minuteMs / binsMax) * minuteMs
  const bins = Array.from({ length: Math.ceil((to - from) / stepMs) }, (_, i) => ({
    time: new Date(from + i * stepMs).toISOString(),
    allowed: 0,
    blocked: 0,
  }))
  for (const minutes of runs) {
    for (const { minute, allowed, blocked } of minutes) {
      const bin = bins[Math.floor((minute * minuteMs - from) / stepMs)]
      if (!bin || minute * minuteMs >= to) continue
      bin.allowed += allowed
      bin.blocked += blocked
    }
  }
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    stepSeconds: stepMs / 1000,
    isLive: isLive && toMs === undefined,
    bins,
  }
}

/** The end of the last minute in which something was; a clock that is a day ahead or more hides no other. */
function lastMs(runs: readonly Iterable<Minute>[], nowMs: number): number | undefined {
  const most = (nowMs + dayMs) / minuteMs
  let last: number | undefined
  for (const minutes of runs)
    for (const { minute } of minutes) if (minute < most) last = Math.max(last ?? minute, minute)
  return last === undefined ? undefined : (last + 1) * minuteMs
}
