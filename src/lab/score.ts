// How good were the answers? Compares what `investigate` wrote with what the kernel knew. Pure: rows in, figures out.

import type { AttributionLine, ToolCallLine } from '../schema/summary.ts'

/** A line of `truth/lines.jsonl`. `toolCall` is the id in the call's own trace; null when no call made it. */
export interface LineTruth {
  readonly file: string
  readonly line: number
  readonly connection: number
  readonly toolCall: string | null
  readonly cause: string
  readonly part: string | null
  /** The line is an alarm of the sensor. */
  readonly alarm: boolean
}

export interface Score {
  /** Answered lines whose maker is known. */
  readonly events: number
  /** Right call named; call named where another, or none, did it; none named though a call did; rightly none. */
  readonly hits: number
  readonly wrong: number
  readonly misses: number
  readonly correctNone: number
  /** Share of events where the most probable answer, "none" included, is right. */
  readonly top1: number
  /** Among calls named with p ≥ 0.9: their share of all events, and how many are right; null without any. */
  readonly confidentShare: number
  readonly confidentPrecision: number | null
  /** Expected calibration error of the most probable answer, 15 bins of equal width. */
  readonly ece: number
  /** Mean over events of Σ (p − y)² over the candidates, "none" and "another call". 0 is best, 2 worst. */
  readonly brier: number
}

export interface LabScore {
  readonly all: Score
  /** Only lines that are alarms of the sensor. */
  readonly alarms: Score
  /** Only lines of calls that were part of a misdeed or look-alike. */
  readonly parts: Score
  /** What "the latest call that had started" would have scored: the answer of a timestamp join. */
  readonly nearestStart: Score
  readonly nearestStartAlarms: Score
  /** Lines of the truth that got no answer, by file: a log that was not handed in shows here whole. */
  readonly notAnswered: Readonly<Record<string, number>>
  /** Answers whose line the truth does not know, and answers whose line's maker the kernel did not tell. */
  readonly unmatched: number
  readonly unlabelled: number
}

/** An answer in the only form that scoring needs. `null` stands for "none of the calls". */
interface Judged {
  readonly truth: LineTruth
  /** The call named, when the tool dares to name one. */
  readonly named: string | null
  readonly namedP: number
  readonly top: string | null | undefined
  readonly topP: number
  readonly squared: number
}

/**
 * Scores one investigation. `file` of the answers may carry folders before the truth's path, as when the folder
 * above was investigated.
 */
export function scoreLab(
  truth: readonly LineTruth[],
  attributions: readonly AttributionLine[],
  toolCalls: readonly ToolCallLine[],
): LabScore {
  const sourceIdOf = new Map(toolCalls.map((call) => [call.uid, call.sourceId ?? call.uid]))
  const find = truthFinder(truth)
  const nearest = nearestStart(toolCalls)
  const judged: Judged[] = []
  const baseline: Judged[] = []
  const answered = new Set<LineTruth>()
  let unmatched = 0
  let unlabelled = 0
  for (const attribution of attributions) {
    const line = find(attribution.event.file, attribution.event.line)
    if (!line) {
      unmatched++
      continue
    }
    answered.add(line)
    if (line.cause === 'unlabelled') {
      unlabelled++
      continue
    }
    judged.push(judge(line, attribution, sourceIdOf))
    baseline.push(judgeCertain(line, nearest(attribution.event.time)))
  }
  return {
    all: figures(judged),
    alarms: figures(judged.filter((j) => j.truth.alarm)),
    parts: figures(judged.filter((j) => j.truth.part !== null)),
    nearestStart: figures(baseline),
    nearestStartAlarms: figures(baseline.filter((j) => j.truth.alarm)),
    notAnswered: countByFile(truth.filter((line) => !answered.has(line))),
    unmatched,
    unlabelled,
  }
}

function judge(truth: LineTruth, line: AttributionLine, sourceIdOf: ReadonlyMap<string, string>): Judged {
  const candidates = line.candidates.map(({ toolCall, p }) => ({
    id: sourceIdOf.get(toolCall) ?? toolCall,
    p,
  }))
  const first = candidates.reduce<{ id: string; p: number } | undefined>(
    (a, b) => (a && a.p >= b.p ? a : b),
    undefined,
  )
  const noneWins = !first || line.pNone >= first.p
  const listed = candidates.some(({ id }) => id === truth.toolCall)
  const other = truth.toolCall !== null && !listed ? 1 : 0
  let squared = (line.pNone - (truth.toolCall === null ? 1 : 0)) ** 2 + (line.pOther - other) ** 2
  for (const { id, p } of candidates) squared += (p - (id === truth.toolCall ? 1 : 0)) ** 2
  return {
    truth,
    named: line.toolCall === null ? null : (sourceIdOf.get(line.toolCall) ?? line.toolCall),
    namedP: line.p,
    top: noneWins ? null : first.id,
    topP: noneWins ? line.pNone : first.p,
    squared,
  }
}

/** A method that knows no doubt: its one answer has p = 1. */
function judgeCertain(truth: LineTruth, answer: string | null): Judged {
  const squared = answer === truth.toolCall ? 0 : 2
  return { truth, named: answer, namedP: 1, top: answer, topP: 1, squared }
}

function figures(judged: readonly Judged[]): Score {
  const n = judged.length
  let [hits, wrong, misses, correctNone, right, confident, confidentRight, squared] = [0, 0, 0, 0, 0, 0, 0, 0]
  const bins = Array.from({ length: 15 }, () => ({ n: 0, right: 0, p: 0 }))
  for (const { truth, named, namedP, top, topP, squared: s } of judged) {
    if (named === null) {
      if (truth.toolCall === null) correctNone++
      else misses++
    } else if (named === truth.toolCall) hits++
    else wrong++
    const isRight = top === truth.toolCall
    if (isRight) right++
    if (named !== null && namedP >= 0.9) {
      confident++
      if (named === truth.toolCall) confidentRight++
    }
    squared += s
    const bin = bins[Math.min(14, Math.max(0, Math.floor(topP * 15)))]!
    bin.n++
    bin.p += topP
    if (isRight) bin.right++
  }
  return {
    events: n,
    hits,
    wrong,
    misses,
    correctNone,
    top1: share(right, n),
    confidentShare: share(confident, n),
    confidentPrecision: confident === 0 ? null : confidentRight / confident,
    ece: n === 0 ? 0 : bins.reduce((sum, bin) => sum + Math.abs(bin.right - bin.p), 0) / n,
    brier: share(squared, n),
  }
}

function countByFile(lines: readonly LineTruth[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { file } of lines) counts.set(file, (counts.get(file) ?? 0) + 1)
  return Object.fromEntries(counts)
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** The latest call that had started at a time (ISO), whatever box it ran in; null before the first. */
export function nearestStart(toolCalls: readonly ToolCallLine[]): (time: string) => string | null {
  const calls = toolCalls
    .map((call) => ({ us: isoUs(call.start), id: call.sourceId ?? call.uid }))
    .sort((a, b) => a.us - b.us)
  return (time) => {
    const us = isoUs(time)
    let low = 0
    let high = calls.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (calls[middle]!.us <= us) low = middle + 1
      else high = middle
    }
    return calls[low - 1]?.id ?? null
  }
}

/** µs of an ISO time in UTC as `investigate` writes it; sub-millisecond digits included. */
function isoUs(time: string): number {
  const micros = /\.\d{3}(\d{1,3})/.exec(time)?.[1]
  return Date.parse(time) * 1000 + (micros ? Number(micros.padEnd(3, '0')) : 0)
}

function truthFinder(truth: readonly LineTruth[]): (file: string, line: number) => LineTruth | undefined {
  const byPath = new Map<string, Map<number, LineTruth>>()
  for (const line of truth) {
    const lines = byPath.get(line.file) ?? new Map<number, LineTruth>()
    byPath.set(line.file, lines.set(line.line, line))
  }
  // A recorded run keeps its logs compressed; the answers name the file as it lies there.
  const plain = (file: string) => file.replace(/\.(gz|zst)$/, '')
  return (file, line) => {
    const parts = plain(file).split('/')
    for (let i = 0; i < parts.length; i++) {
      const found = byPath.get(parts.slice(i).join('/'))
      if (found) return found.get(line)
    }
    return undefined
  }
}
