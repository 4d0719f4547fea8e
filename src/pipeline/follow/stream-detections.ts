// The detections on the stream: rows in the order of corrected times as far as can be, findings, and incidents of them.
// The full investigation is what counts; this is the earlier word.

import { BoundedMap } from '../../base/bounded-map.ts'
import { toIso } from '../../base/time.ts'
import type { Seen } from '../../detections/api.ts'
import { type Engine, startEngine } from '../../detections/engine.ts'
import { groupIncidents } from '../../detections/incidents.ts'
import type { Finding } from '../../schema/finding.ts'
import { type Redact, redactDeep } from '../redact.ts'
import type { FollowFinding, FollowIncident } from './api.ts'
import { hash32 } from './file-sink.ts'

/** Rows wait this long for others that began earlier. */
const heldUs = 2_000_000
const heldMax = 20_000
/** After so many rows the detections begin anew, so that what they hold on to stays bounded. */
const rowsPerEngine = 300_000
const findingsMax = 2_000
const listMax = 100
const groupMs = 1_000

export interface Lookups {
  eventUid(row: number): string | undefined
  callUid(row: number): string | undefined
  call(
    row: number,
  ):
    | { readonly run?: string; readonly episode?: string; readonly step?: number; readonly box?: string }
    | undefined
}

export interface Detected {
  readonly findings: readonly FollowFinding[]
  readonly incidents: readonly { readonly incident: FollowIncident; readonly isNew: boolean }[]
}

export class StreamDetections {
  readonly #lookups: Lookups
  readonly #now: () => number
  readonly #redact: Redact
  #grouped = Number.NEGATIVE_INFINITY
  readonly #known = new BoundedMap<string, { finding: Finding; told: FollowFinding }>(findingsMax)
  /** Incident of each finding; an incident keeps its name while any of its findings is there. */
  readonly #incidentOf = new BoundedMap<string, string>(findingsMax * 2)
  readonly #incidents = new BoundedMap<string, FollowIncident>(findingsMax)
  #held: Seen[] = []
  #sorted = true
  #engine: Engine
  #rows = 0
  #found: Finding[] = []
  #firstUs = Number.POSITIVE_INFINITY
  #lastUs = Number.NEGATIVE_INFINITY
  evicted = 0

  constructor(lookups: Lookups, now: () => number, redact: Redact) {
    this.#redact = redact
    this.#lookups = lookups
    this.#now = now
    this.#engine = this.#start()
  }

  #start(): Engine {
    return startEngine({
      onFinding: (finding) => void this.#found.push(redactDeep(finding, this.#redact)),
    })
  }

  push(item: Seen): void {
    if (!Number.isFinite(item.us)) return
    const last = this.#held.at(-1)
    if (last && last.us > item.us) this.#sorted = false
    this.#held.push(item)
    this.#lastUs = Math.max(this.#lastUs, item.us)
    this.#firstUs = Math.min(this.#firstUs, item.us)
  }

  /** Lets the detections see what has waited long enough, or all of it. */
  release(all: boolean): Detected {
    if (!this.#sorted) {
      // A call before an event of the same time: cause before effect.
      this.#held.sort(
        (a, b) => a.us - b.us || Number(a.type === 'event') - Number(b.type === 'event') || a.index - b.index,
      )
      this.#sorted = true
    }
    const until = all ? Number.POSITIVE_INFINITY : this.#lastUs - heldUs
    let count = 0
    while (
      count < this.#held.length &&
      (this.#held[count]!.us <= until || this.#held.length - count > heldMax)
    ) {
      this.#engine.push(this.#held[count++]!)
    }
    if (count > 0) this.#held = this.#held.slice(count)
    this.#rows += count
    if (this.#rows >= rowsPerEngine) {
      this.#rows = 0
      this.#engine.end()
      this.evicted += this.#engine.evicted
      this.#engine = this.#start()
    }
    return this.#take(all)
  }

  /** After the last row: what only the end shows. */
  end(): Detected {
    const before = this.release(true)
    this.#engine.end()
    const after = this.#take(true)
    return {
      findings: [...before.findings, ...after.findings],
      incidents: [...before.incidents, ...after.incidents],
    }
  }

  findings(): FollowFinding[] {
    return [...this.#known.values()].map(({ told }) => told)
  }

  incidents(): FollowIncident[] {
    return [...this.#incidents.values()]
  }

  /** Grouping looks at all findings: it is done once a second, and at once for what is graver than all before. */
  #take(all: boolean): Detected {
    const found = this.#found
    if (found.length === 0) return { findings: [], incidents: [] }
    const grave = found.some((finding) => finding.severity === 'critical' && !this.#known.has(keyOf(finding)))
    if (!all && !grave && this.#now() - this.#grouped < groupMs) return { findings: [], incidents: [] }
    this.#grouped = this.#now()
    this.#found = []
    const latest = new Map<string, Finding>()
    for (const finding of found) latest.set(keyOf(finding), finding)
    const findings: FollowFinding[] = []
    for (const [key, finding] of latest) {
      const told = this.#told(key, finding)
      this.#known.set(key, { finding, told })
      findings.push(told)
    }
    return { findings, incidents: this.#regroup(new Set(latest.keys())) }
  }

  #regroup(changed: ReadonlySet<string>): { incident: FollowIncident; isNew: boolean }[] {
    const entries = [...this.#known.entries()]
    const groups = groupIncidents(
      entries.map(([, { finding }]) => finding),
      {
        call: (row) => this.#lookups.call(row),
        rewards: [],
        firstUs: this.#firstUs,
        lastUs: this.#lastUs,
      },
    )
    const out: { incident: FollowIncident; isNew: boolean }[] = []
    for (const group of groups) {
      const keys = group.findings.map((f) => entries[f]![0])
      if (!keys.some((key) => changed.has(key))) continue
      const known = keys.map((key) => this.#incidentOf.get(key)).find((uid) => uid !== undefined)
      const uid = known ?? `i${keys[0]!.slice(1)}`
      for (const key of keys) {
        const before = this.#incidentOf.get(key)
        // Two incidents that turn out to be one keep the name of the first.
        if (before !== undefined && before !== uid) this.#incidents.delete(before)
        this.#incidentOf.set(key, uid)
      }
      const incident: FollowIncident = {
        uid,
        title: group.title,
        severity: group.severity,
        detections: [...new Set(group.findings.map((f) => entries[f]![1].finding.detection))],
        boxes: group.boxes.slice(0, listMax),
        episodes: group.episodes.slice(0, listMax),
        destinations: group.destinations.slice(0, listMax),
        firstSeen: toIso(group.firstUs),
        lastSeen: toIso(group.lastUs),
        findings: keys.slice(0, listMax),
        actions: group.actions,
      }
      this.#incidents.set(uid, incident)
      out.push({ incident, isNew: known === undefined })
    }
    return out
  }

  #told(key: string, finding: Finding): FollowFinding {
    const uids = (rows: readonly number[], of: (row: number) => string | undefined) =>
      rows.slice(-listMax).flatMap((row) => of(row) ?? [])
    return {
      uid: key,
      detection: finding.detection,
      kind: finding.kind,
      severity: finding.severity,
      title: finding.title,
      why: finding.why,
      box: finding.box ?? null,
      destinations: finding.destinations,
      firstSeen: toIso(finding.firstUs),
      lastSeen: toIso(finding.lastUs),
      attack: finding.attack,
      events: uids(finding.events, (row) => this.#lookups.eventUid(row)),
      toolCalls: uids(finding.toolCalls, (row) => this.#lookups.callUid(row)),
      repeats: finding.repeats ?? 0,
    }
  }
}

/** The same for the same behaviour of the same sandbox towards the same place, also after a restart. */
function keyOf({ detection, box, destinations, kind }: Finding): string {
  const what = `${detection}|${box ?? ''}|${destinations[0] ?? kind}`
  return `f${hash32(what)}${hash32(`${what}|again`)}`
}
