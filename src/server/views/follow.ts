import type { FollowAnswer } from '../../pipeline/follow/api.ts'
import type { FollowedStream } from '../follow/followed-stream.ts'
import type { FollowAnswerRow, FollowStateAnswer } from '../wire/follow.ts'

/** Inputs, problems and incidents that are listed; all are counted. */
const listMax = 500

/** How a stream stands. `alarms`: only answers for alarms. */
export function followStateOf(
  { follow }: FollowedStream,
  { alarms, limit }: { alarms: boolean; limit: number },
): FollowStateAnswer {
  const status = follow.status()
  // Alarms may be few among many answers.
  const recent = follow.recent(alarms ? status.limits.recent : limit)
  return {
    listening: {
      syslog: follow.listening.syslog?.udp ?? null,
      otlp: follow.listening.otlp ?? null,
    },
    events: status.events,
    calls: status.calls,
    answered: status.answered,
    revised: status.revised,
    waiting: status.waiting,
    fits: status.fits,
    lastFitMs: status.lastFitMs,
    received: status.received,
    evicted: { ...status.evicted },
    inputs: status.inputs.slice(0, listMax),
    clocks: [...status.clocks],
    problems: status.problems.slice(-listMax),
    incidents: follow
      .incidents()
      .slice(-listMax)
      .map(({ uid, title, severity, detections, boxes, destinations, firstSeen, lastSeen }) => ({
        uid,
        title,
        severity,
        detections: [...detections],
        boxes: [...boxes],
        destinations: [...destinations],
        firstSeen,
        lastSeen,
      })),
    answers: (alarms ? recent.filter(({ alarm }) => alarm) : recent).slice(0, limit).map(rowOf),
  }
}

function rowOf(answer: FollowAnswer): FollowAnswerRow {
  const { uid, revision, changed, alarm, event, verdict, tier, p, pNone, box, toolCall, call } = answer
  const { time, src, dst, port, name, disposition, rule, file, line } = event
  return {
    uid,
    revision: revision + 1,
    changed: [...(changed ?? [])],
    alarm,
    time,
    src,
    dst,
    port,
    name,
    disposition,
    rule,
    file,
    line,
    verdict,
    tier,
    p,
    pNone,
    box,
    call:
      toolCall === null || call === undefined
        ? null
        : { uid: toolCall, name: call.name, command: call.command, episode: call.episode, step: call.step },
  }
}
