// Names the clock of every record, and gives naive local times their year and, where told, their zone.

import type { ClockDomain } from '../attribution/api.ts'
import { OperatorError } from '../base/errors.ts'
import { withYearNear } from '../base/time.ts'
import type { Merged } from './merge.ts'

export interface ZoneRule {
  /** Matches an input's path; `*` any characters but `/`, `**` any, `?` one. */
  readonly glob: string
  readonly zone: string
}

/** `GLOB=ZONE` as typed. Throws OperatorError (usage) for an unknown zone. */
export function parseZoneRule(text: string): ZoneRule {
  const at = text.lastIndexOf('=')
  const glob = text.slice(0, at)
  const zone = text.slice(at + 1)
  if (at <= 0 || zone === '') {
    throw new OperatorError('usage', {
      what: `--tz wants GLOB=ZONE; got ${text}`,
      fix: "For example: --tz '*.log=Asia/Shanghai' or --tz 'kernel*=+08:00'",
    })
  }
  if (fixedOffsetMinutes(zone) === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone })
    } catch (cause) {
      throw new OperatorError('usage', {
        what: `--tz: there is no time zone ${zone}`,
        fix: 'Use an IANA name such as Europe/Berlin, or an offset such as +08:00.',
        cause,
      })
    }
  }
  return { glob, zone }
}

export interface DomainTable {
  readonly clocks: readonly ClockDomain[]
  /** Index of the domain of each event and call. */
  readonly eventClock: Uint16Array
  readonly callClock: Uint16Array
  readonly notes: readonly string[]
}

/**
 * Settles years and zones in place (`fromUs`, `endUs`, `startUs`) and names the clock domains.
 *
 * A year-less stamp gets the year that brings it nearest to the traces, else to the other logs, else to its
 * file's last change. A naive time that no rule names stays as written, and its domain says so.
 */
export function settleClocks(merged: Merged, rules: readonly ZoneRule[]): DomainTable {
  const { events, calls } = merged
  const nearUs = referenceUs(merged)
  const zoneOf = merged.clocks.map((clock) => {
    const rule = rules.find(({ glob }) => globMatches(glob, merged.files[clock.file]!.path))
    return clock.zone === 'naive' || clock.zone === 'yearless' ? rule?.zone : undefined
  })
  const settle = (us: number, clock: number): number => {
    if (Number.isNaN(us)) return us
    const { zone, file } = merged.clocks[clock]!
    let settled = us
    if (zone === 'yearless') {
      const near = nearUs ?? merged.files[file]!.modifiedUs
      settled = withYearNear({ us, spanUs: 1, kind: 'event', zone, source: '' }, near).us
    }
    const told = zoneOf[clock]
    return told === undefined ? settled : localToUtc(settled, told)
  }
  const moves = merged.clocks.map(({ zone }, c) => zone === 'yearless' || zoneOf[c] !== undefined)
  for (let i = 0; i < events.n; i++) {
    const clock = events.clock[i]!
    if (!moves[clock]) continue
    events.fromUs[i] = settle(events.fromUs[i]!, clock)
    events.endUs[i] = settle(events.endUs[i]!, clock)
  }
  for (let j = 0; j < calls.n; j++) {
    const clock = calls.clock[j]!
    if (!moves[clock]) continue
    calls.startUs[j] = settle(calls.startUs[j]!, clock)
    calls.endUs[j] = settle(calls.endUs[j]!, clock)
  }
  return { ...nameDomains(merged, zoneOf), notes: rules.flatMap((rule) => ruleNotes(merged, rules, rule)) }
}

/** A zone that was told and changed nothing is most likely a typing error. */
function ruleNotes({ files, clocks }: Merged, rules: readonly ZoneRule[], rule: ZoneRule): string[] {
  const matched = files.filter(
    ({ path }) => rules.find(({ glob }) => globMatches(glob, path))?.glob === rule.glob,
  )
  if (matched.length === 0) {
    const [example] = files.map(({ path }) => path).sort()
    return [
      `--tz ${rule.glob}=${rule.zone} matches no input that was read${example === undefined ? '' : ` (a path looks like ${example}; ** matches folders too)`}.`,
    ]
  }
  const used = clocks.some(
    ({ file, zone }) => (zone === 'naive' || zone === 'yearless') && matched.includes(files[file]!),
  )
  return used
    ? []
    : [`--tz ${rule.glob}=${rule.zone} changed nothing: the times in the files it matches carry a zone.`]
}

function nameDomains(merged: Merged, zoneOf: readonly (string | undefined)[]): Omit<DomainTable, 'notes'> {
  const described = merged.clocks.map((clock, c) => {
    const file = merged.files[clock.file]!
    const family = familyOf(file.format)
    const zone: ClockDomain['zone'] =
      zoneOf[c] !== undefined || clock.zone === 'utc' ? 'utc' : clock.zone === 'uptime' ? 'uptime' : 'naive'
    // Agents' traces of one format share the reference; each network sensor is a clock of its own.
    // What a recording of ours says of connections and of calls was stamped by one clock.
    const side = file.format === 'vigiles-journal' ? 'agent' : clock.side
    const part = side === 'agent' ? '' : clock.sensor !== '' ? clock.sensor : partOf(family, file.path)
    return { family, zone, part, side }
  })
  const partsOf = new Map<string, Set<string>>()
  for (const { family, part } of described) {
    const parts = partsOf.get(family) ?? new Set()
    partsOf.set(family, parts.add(part))
  }
  const clocks: ClockDomain[] = []
  const ids = new Map<string, number>()
  const index = described.map(({ family, zone, part, side }) => {
    const alone = partsOf.get(family)!.size === 1
    const name = `${family}${alone || part === '' ? '' : `:${part}`}${zone === 'utc' ? '' : ` (${zone})`}`
    let id = ids.get(name)
    if (id === undefined) {
      id = clocks.length
      ids.set(name, id)
      clocks.push({ name, side, zone, family })
    }
    return id
  })
  return {
    clocks,
    eventClock: Uint16Array.from(merged.events.clock, (c) => index[c]!),
    callClock: Uint16Array.from(merged.calls.clock, (c) => index[c]!),
  }
}

function familyOf(format: string): string {
  return format.startsWith('zeek') ? 'zeek' : format.replace(/-(?:csv|tsv|json)$/, '')
}

/** The folder and the file's stem without rotation numbers and dates; Zeek's logs of one folder are one sensor. */
function partOf(family: string, path: string): string {
  const slash = path.lastIndexOf('/')
  const folder = path.slice(0, slash + 1)
  if (family === 'zeek') return folder
  const stem = path
    .slice(slash + 1)
    .replace(/\.(?:gz|zst|zstd)$/i, '')
    .replace(/[-_.]?\d[\dT:_.-]*$/i, '')
    .replace(/\.[a-z]{1,8}$/i, '')
    .replace(/[-_.]?\d[\dT:_.-]*$/i, '')
  return folder + stem
}

/** Median start of UTC calls, else of UTC events. */
function referenceUs({ clocks, calls, events }: Merged): number | undefined {
  const pick = (times: Float64Array, clockOf: Uint16Array): number | undefined => {
    const utc: number[] = []
    const stride = Math.max(1, Math.floor(times.length / 10_001))
    for (let i = 0; i < times.length; i += stride) {
      const { zone } = clocks[clockOf[i]!]!
      if (zone === 'utc' || zone === 'naive') utc.push(times[i]!)
    }
    utc.sort((a, b) => a - b)
    return utc[utc.length >> 1]
  }
  return pick(calls.startUs, calls.clock) ?? pick(events.fromUs, events.clock)
}

/**
 * Turns a local time, read as if it were UTC, into UTC. An hour that exists twice is taken as the first, one that
 * is left out as if the clock had not been put forward.
 */
export function localToUtc(us: number, zone: string): number {
  let known = zones.get(zone)
  if (!known) {
    const minutes = fixedOffsetMinutes(zone)
    known = { fixedUs: minutes === undefined ? undefined : minutes * 60_000_000, byQuarter: new Map() }
    zones.set(zone, known)
  }
  if (known.fixedUs !== undefined) return us - known.fixedUs
  // A zone's offset changes on quarter hours at most; asking Intl for each record would be slow.
  const quarter = Math.floor(us / quarterUs)
  let offset = known.byQuarter.get(quarter)
  if (offset === undefined) {
    offset = offsetOfLocal(quarter * quarterUs, zone)
    if (known.byQuarter.size > quartersMax) known.byQuarter.clear()
    known.byQuarter.set(quarter, offset)
  }
  return us - offset
}

const zones = new Map<string, { fixedUs: number | undefined; byQuarter: Map<number, number> }>()
const quarterUs = 900_000_000
const dayUs = 86_400_000_000
const quartersMax = 200_000

function offsetOfLocal(localUs: number, zone: string): number {
  const before = offsetUs(localUs - dayUs, zone)
  const after = offsetUs(localUs + dayUs, zone)
  // The earlier instant is the one of the larger offset.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (offsetUs(localUs - offset, zone) === offset) return offset
  }
  return before
}

/** `UTC`, `+08:00`, `-0330`, `UTC+8`. */
function fixedOffsetMinutes(zone: string): number | undefined {
  if (zone === 'UTC' || zone === 'Z') return 0
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/.exec(zone)
  if (!match || Number(match[2]) > 15) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return match[1] === '-' ? -minutes : minutes
}

const formats = new Map<string, Intl.DateTimeFormat>()

function offsetUs(us: number, zone: string): number {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  const at = Math.floor(us / quarterUs) * 900_000
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
  const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second)
  return (local - at) * 1000
}

/** Shell-like matching of a path; a glob without `/` matches the file's name. */
export function globMatches(glob: string, path: string): boolean {
  const subject = glob.includes('/') ? path : path.slice(path.lastIndexOf('/') + 1)
  const pattern = glob
    .split(/(\*\*|\*|\?)/)
    .map((part) =>
      part === '**'
        ? '.*'
        : part === '*'
          ? '[^/]*'
          : part === '?'
            ? '[^/]'
            : part.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
    )
    .join('')
  return new RegExp(`^${pattern}$`).test(subject)
}
