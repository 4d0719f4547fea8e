// What calls name, indexed by what is named, so that a destination finds the calls that speak of it.

import { v4ToNumber } from '../base/ip.ts'
import { type CallColumns, callFlags, targetVias } from './api.ts'

/** How well a call's text names a destination, weakest first. */
export const matchLevels = [
  'none',
  'port',
  'output',
  'parent',
  'tool-map',
  'script',
  'decoded',
  'literal',
] as const
const levelOfVia = targetVias.map((via) => matchLevels.indexOf(via))
const parentLevel = matchLevels.indexOf('parent')
const portLevel = matchLevels.indexOf('port')
const outputLevel = matchLevels.indexOf('output')
/** Longest list of a destination's names and parents that is tried. */
const keysMax = 16

export interface Named {
  /** Calls in canonical order that name the text, with how and which port. */
  readonly calls: Uint32Array
  readonly level: Uint8Array
  readonly port: Uint16Array
}

/** Who names what: entries of key k are [start[k], start[k + 1]) of the columns, by call in canonical order. */
export interface Namings {
  readonly start: Uint32Array
  readonly call: Uint32Array
  readonly level: Uint8Array
  readonly port: Uint16Array
}

/** Ways to speak of one destination: texts that name it, and texts that name what it is part of. */
export interface Destination {
  readonly strong: readonly number[]
  readonly weak: readonly number[]
  readonly mask: number
  readonly portMask: number
}

export interface TargetIndex {
  destination(dstIp: number, name: number, port: number): Destination
  /** Best level at which call j names the destination, 0 when it does not. */
  level(j: number, d: Destination, port: number): number
  /** Calls that name a text; views made anew each time, so not for inner loops. */
  naming(text: number): Named | undefined
  /** The same of all texts, by text id. */
  readonly named: Namings
  /** Number of targets of each call by level, for exposures: `perLevel[j * levels + level]`. */
  readonly perLevel: Uint16Array
  readonly hasTargets: Uint8Array
}

export function indexTargets(texts: readonly string[], calls: CallColumns): TargetIndex {
  const mask = new Uint32Array(calls.n)
  const perLevel = new Uint16Array(calls.n * matchLevels.length)
  const hasTargets = new Uint8Array(calls.n)
  const named = namings(calls, texts.length, false)
  const ports = namings(calls, 65_536, true)
  const isNamed = (text: number) => named.start[text + 1]! > named.start[text]!
  const idOf = new Map<string, number>()
  const nets: { id: number; base: number; bits: number }[] = []
  eachTarget(calls, (j, text, port, level) => {
    mask[j] = mask[j]! | bit(text === 0 ? port + 0x10000000 : text)
    const at = j * matchLevels.length + level
    if (perLevel[at]! < 65_535) perLevel[at]!++
    if (level > outputLevel) hasTargets[j] = 1
    // Its first entry: in the order in which calls came to speak of it, whatever the ids.
    if (text === 0 || named.call[named.start[text]!] !== j) return
    const what = texts[text] ?? ''
    if (idOf.has(what)) return
    idOf.set(what, text)
    const net = parseNet(what)
    if (net) nets.push({ id: text, ...net })
  })
  const cache = new Map<number, Destination>()

  function destination(dstIp: number, name: number, port: number): Destination {
    const key = dstIp * texts.length + name
    let d = cache.get(key)
    if (!d) {
      const strong = [dstIp, name].filter((id, k, all) => id !== 0 && isNamed(id) && all.indexOf(id) === k)
      const weak: number[] = []
      for (const part of relatives(texts[name] ?? '')) {
        const id = idOf.get(part)
        if (id !== undefined && !strong.includes(id) && !weak.includes(id)) weak.push(id)
      }
      const v4 = nets.length > 0 ? v4ToNumber(texts[dstIp] ?? '') : undefined
      if (v4 !== undefined) {
        for (const net of nets) if (Math.floor(v4 / 2 ** (32 - net.bits)) === net.base) weak.push(net.id)
      }
      const all = [...strong, ...weak].slice(0, keysMax)
      d = { strong, weak: weak.slice(0, keysMax), mask: all.reduce((m, id) => m | bit(id), 0), portMask: 0 }
      if (cache.size < 4_000_000) cache.set(key, d)
    }
    if (port === 0 || ports.start[port] === ports.start[port + 1]) return d
    return { ...d, portMask: bit(port + 0x10000000) }
  }

  function level(j: number, d: Destination, port: number): number {
    const m = mask[j]!
    if ((m & (d.mask | d.portMask)) === 0) return 0
    let best = 0
    for (const id of d.strong) best = Math.max(best, levelIn(named, id, j, port, false))
    if (best < parentLevel) {
      for (const id of d.weak) best = Math.max(best, levelIn(named, id, j, port, true))
    }
    if (best === 0 && d.portMask !== 0) best = levelIn(ports, port, j, port, false)
    return best
  }

  function naming(text: number): Named | undefined {
    const from = named.start[text]!
    const to = named.start[text + 1]!
    if (!(to > from)) return undefined
    return {
      calls: named.call.subarray(from, to),
      level: named.level.subarray(from, to),
      port: named.port.subarray(from, to),
    }
  }
  return { destination, level, naming, named, perLevel, hasTargets }
}

/** Calls `use` for every target of every call; `level` is that of the way it was found, or that of a bare port. */
function eachTarget(
  calls: CallColumns,
  use: (j: number, text: number, port: number, level: number) => void,
): void {
  for (let j = 0; j < calls.n; j++) {
    // What is told twice is meant once: a name must not seem commoner for it.
    if ((calls.flags[j]! & callFlags.echo) !== 0) continue
    for (let t = calls.targetsStart[j]!; t < calls.targetsStart[j + 1]!; t++) {
      const text = calls.targets[t]!
      const port = calls.targetPort[t]!
      if (text === 0 && port === 0) continue
      use(j, text, port, text === 0 ? portLevel : (levelOfVia[calls.targetVia[t]!] ?? outputLevel))
    }
  }
}

/** Entries by text, or of bare ports by port; `keys` is how many there may be. */
function namings(calls: CallColumns, keys: number, ofPorts: boolean): Namings {
  const start = new Uint32Array(keys + 1)
  eachTarget(calls, (_, text, port) => {
    if ((text === 0) === ofPorts) start[(ofPorts ? port : text) + 1]!++
  })
  for (let k = 0; k < keys; k++) start[k + 1]! += start[k]!
  const at = start.slice()
  const out = {
    start,
    call: new Uint32Array(start[keys]!),
    level: new Uint8Array(start[keys]!),
    port: new Uint16Array(start[keys]!),
  }
  eachTarget(calls, (j, text, port, level) => {
    if ((text === 0) !== ofPorts) return
    const x = at[ofPorts ? port : text]!++
    out.call[x] = j
    out.level[x] = level
    out.port[x] = port
  })
  return out
}

/** Level at which call j stands among those that name a key; another port than the one named makes it a relative. */
function levelIn(named: Namings, key: number, j: number, port: number, weak: boolean): number {
  const end = named.start[key + 1]!
  let best = 0
  for (let k = lowerBound(named.call, j, named.start[key]!, end); k < end && named.call[k] === j; k++) {
    let level = named.level[k]!
    const other = named.port[k]! !== 0 && port !== 0 && port !== 53 && named.port[k] !== port
    if (weak || other) level = Math.min(level, parentLevel)
    if (level > best) best = level
  }
  return best
}

/** Parent domains of a name (not the last label alone), and the name less a search domain's labels. */
function relatives(name: string): string[] {
  const out: string[] = []
  if (name === '' || name.length > 253) return out
  for (let dot = name.indexOf('.'); dot >= 0 && out.length < keysMax; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1)
    if (parent.includes('.')) out.push(parent)
  }
  for (
    let dot = name.lastIndexOf('.');
    dot > 0 && out.length < keysMax;
    dot = name.lastIndexOf('.', dot - 1)
  ) {
    const head = name.slice(0, dot)
    if (head.includes('.')) out.push(head)
  }
  return out
}

function parseNet(text: string): { base: number; bits: number } | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text)
  const v4 = match ? v4ToNumber(match[1]!) : undefined
  const bits = match ? Number(match[2]) : 0
  if (v4 === undefined || bits < 8 || bits > 32) return undefined
  return { base: Math.floor(v4 / 2 ** (32 - bits)), bits }
}

/** First index in [from, to) of an ascending list whose value is not below `value`. */
export function lowerBound(list: ArrayLike<number>, value: number, from = 0, to = list.length): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function bit(id: number): number {
  return 1 << (Math.imul(id, 0x9e3779b1) >>> 27)
}
