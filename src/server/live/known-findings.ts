// The findings of one run, each once, the worst kept when there are too many.

import { type Severity, severities } from '../../schema/event.ts'
import { amountOf, objectOf, type Row, textOf, textsOf } from './rows.ts'

/** Of more, the least severe and then the oldest are forgotten. */
const findingsMax = 200
const listMax = 20
const responsesMax = 40

export interface RunFinding {
  readonly uid: string
  readonly detection: string
  readonly kind: string
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly destinations: readonly string[]
  readonly toolCalls: readonly string[]
  readonly attack: readonly string[]
  /** ISO, when it was first written. */
  readonly time: string
  readonly repeats: number
  readonly responses: readonly { readonly do: string; readonly ok: boolean; readonly detail: string }[]
}

export class KnownFindings {
  readonly #byUid = new Map<string, RunFinding>()
  readonly #counts = new Map<Severity, number>()
  #forgotten = 0

  /** Distinct ones, by severity. */
  countOf(severity: Severity): number {
    return this.#counts.get(severity) ?? 0
  }

  get forgotten(): number {
    return this.#forgotten
  }

  values(): Iterable<RunFinding> {
    return this.#byUid.values()
  }

  /** Takes in a `detection_finding` line; undefined when it is none. */
  see(row: Row, time: string): { readonly finding: RunFinding; readonly isNew: boolean } | undefined {
    const found = objectOf(row.finding)
    const detection = textOf(found?.detection, 100)
    const severity = severities.find((one) => one === found?.severity)
    if (!found || detection === undefined || severity === undefined) return undefined
    const uid = textOf(found.uid, 200) ?? `${detection}-${amountOf(row.seq) ?? 0}`
    const known = this.#byUid.get(uid)
    const finding: RunFinding = {
      uid,
      detection,
      kind: textOf(found.kind, 40) ?? 'other',
      severity,
      title: textOf(found.title, 500) ?? detection,
      why: textOf(found.why, 1_000) ?? '',
      destinations: textsOf(found.destinations, listMax),
      toolCalls: textsOf(found.toolCalls, listMax),
      attack: textsOf(found.attack, listMax, 20),
      time: known?.time ?? time,
      repeats: amountOf(found.repeats) ?? known?.repeats ?? 0,
      responses: [...(known?.responses ?? []), ...responsesOf(row.responses)].slice(-responsesMax),
    }
    if (known?.severity !== severity) {
      if (known) this.#count(known.severity, -1)
      this.#count(severity, 1)
    }
    this.#byUid.set(uid, finding)
    if (this.#byUid.size > findingsMax) this.#forget()
    return { finding, isNew: known === undefined }
  }

  #count(severity: Severity, by: number): void {
    this.#counts.set(severity, this.countOf(severity) + by)
  }

  #forget(): void {
    let least: RunFinding | undefined
    for (const one of this.#byUid.values()) {
      if (!least || severities.indexOf(one.severity) < severities.indexOf(least.severity)) least = one
    }
    if (!least) return
    this.#byUid.delete(least.uid)
    this.#forgotten++
  }
}

function responsesOf(value: unknown): RunFinding['responses'] {
  if (!Array.isArray(value)) return []
  return value.slice(0, responsesMax).flatMap((item) => {
    const row = objectOf(item)
    const act = textOf(row?.do, 40)
    return row && act !== undefined
      ? [{ do: act, ok: row.ok === true, detail: textOf(row.detail, 300) ?? '' }]
      : []
  })
}
