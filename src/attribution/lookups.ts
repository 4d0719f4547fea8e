// Lookups of which the log does not say what was asked: whoever connected next had most likely asked.
//
// By itself such a lookup says nothing: all go to one resolver, at all times, and a background that explains each of
// them is as likely as calls that do.

import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'

/** A connection follows its lookup so soon, µs; how near counts as at once. */
const followsUs = 300_000
const atOnceUs = 20_000
const followersMax = 6
/** How often the asker is among those who connected next. */
const trust = 0.85

/** Lets nameless lookups share what is thought of the connections that followed them at the same address. */
export function followLookups(units: Units, post: Posterior): void {
  const order: number[] = []
  for (let u = 0; u < units.n; u++) {
    if (!isLookup(units, u) && units.group[u]! >= 0 && Number.isFinite(units.from[u]!)) order.push(u)
  }
  order.sort((a, b) => units.group[a]! - units.group[b]! || units.from[a]! - units.from[b]! || a - b)
  for (let u = 0; u < units.n; u++) {
    if (!isLookup(units, u) || units.name[u] !== 0 || units.group[u]! < 0) continue
    const near = followers(units, order, u)
    if (near.length > 0) blend(post, u, near)
  }
}

/** A firewall or flow log knows a lookup by its port alone. */
function isLookup(units: Units, u: number): boolean {
  return units.isDns[u] === 1 || units.dstPort[u] === 53
}

function followers(units: Units, order: readonly number[], u: number): { unit: number; weight: number }[] {
  const group = units.group[u]!
  const from = units.from[u]!
  const until = units.to[u]! + followsUs
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const v = order[middle]!
    if (units.group[v]! < group || (units.group[v] === group && units.from[v]! < from)) low = middle + 1
    else high = middle
  }
  const out: { unit: number; weight: number }[] = []
  for (let k = low; k < order.length && out.length < followersMax; k++) {
    const v = order[k]!
    if (units.group[v] !== group || units.from[v]! > until) break
    out.push({ unit: v, weight: 1 / (units.from[v]! - from + atOnceUs) })
  }
  return out
}

interface Share {
  call: number
  p: number
  content: number
  inherited: number
}

function blend(post: Posterior, u: number, near: readonly { unit: number; weight: number }[]): void {
  const total = near.reduce((sum, { weight }) => sum + weight, 0)
  const byCall = new Map<number, Share>()
  let [none, other] = [0, 0]
  const add = (unit: number, part: number) => {
    none += part * post.none[unit]!
    other += part * post.other[unit]!
    for (let k = unit * keptMax; k < (unit + 1) * keptMax && post.call[k]! >= 0; k++) {
      const call = post.call[k]!
      const share = byCall.get(call) ?? { call, p: 0, content: 0, inherited: 0 }
      share.p += part * post.p[k]!
      share.content += part * post.content[k]!
      share.inherited += part * post.inherited[k]!
      byCall.set(call, share)
    }
  }
  add(u, 1 - trust)
  for (const { unit, weight } of near) add(unit, (trust * weight) / total)
  const list = [...byCall.values()].sort((a, b) => b.p - a.p || a.call - b.call)
  for (let k = 0; k < keptMax; k++) {
    const at = u * keptMax + k
    const share = list[k]
    post.call[at] = share?.call ?? -1
    post.p[at] = share?.p ?? 0
    post.content[at] = share?.content ?? 0
    post.inherited[at] = share?.inherited ?? 0
  }
  for (let k = keptMax; k < list.length; k++) other += list[k]!.p
  post.none[u] = none
  post.other[u] = other
  // What the leading call names is the connection, not the lookup: the tie between the two is one of time.
  if (list[0] && post.tier[u] === 0) post.tier[u] = post.tier[near[0]!.unit]! > 0 ? 1 : 0
}
