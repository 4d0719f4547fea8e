// Which clocks somebody who reads answers has to be told of after a fit.

import type { FollowClock } from './api.ts'

/** Offsets that have moved by less are the same, ms; or by less than so many standard deviations. */
const movedMs = 50
const movedSds = 3

export function clockNews(
  before: readonly FollowClock[],
  after: readonly FollowClock[],
): { readonly clock: FollowClock; readonly before: FollowClock | null }[] {
  return after.flatMap((clock) => {
    const known = before.find(({ domain }) => domain === clock.domain) ?? null
    const moved =
      known !== null &&
      Math.abs(clock.offsetMs - known.offsetMs) >
        Math.max(movedMs, movedSds * Math.max(clock.sdMs, known.sdMs))
    return known === null || known.aligned !== clock.aligned || moved ? [{ clock, before: known }] : []
  })
}
