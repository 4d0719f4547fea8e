// How a stream stands, in numbers.

import type { FollowLimits, FollowStatus } from './api.ts'
import type { Follower } from './follower.ts'
import type { Receivers } from './receivers.ts'

export function statusOf(follower: Follower, receivers: Receivers, limits: FollowLimits): FollowStatus {
  const { window, answers, detections, inventory, lastFit } = follower
  return {
    inputs: [...inventory.files.values()].map(({ path, found, offset, size, mode, sink, note }) => ({
      path,
      format: found.importer.id,
      bytes: mode === 'whole' ? size : offset,
      events: sink.events,
      toolCalls: sink.calls,
      rejected: sink.rejected,
      skipped: sink.skipped,
      note,
    })),
    events: window.nextEvent - window.firstEvent,
    calls: window.nextCall - window.firstCall,
    answered: answers.answered,
    revised: answers.revised,
    waiting: follower.waiting,
    findings: detections.findings().length,
    incidents: detections.incidents().length,
    fits: follower.fits,
    lastFitMs: lastFit === undefined ? null : Math.round(lastFit.ms),
    fitted: follower.fitted,
    clocks: lastFit?.clocks ?? [],
    received: receivers.counts(),
    evicted: {
      ...follower.evicted,
      answerBytes: answers.evictedBytes,
      detections: detections.evicted,
      spoolBytes: receivers.evictedBytes(),
    },
    problems: [...follower.problems],
    limits,
  }
}
