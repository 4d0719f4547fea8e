// From rates to probabilities: every candidate against every other, against none, and against what went before.

import { attributionDefaults, tiers } from './api.ts'
import type { Model, Scene } from './model.ts'
import { launchersMax, type Scorer, scorer } from './scorer.ts'

const kept = 6
const tier = { none: tiers.indexOf('none'), time: tiers.indexOf('time'), content: tiers.indexOf('content') }

/** Posterior of each unit over at most six calls, most probable first. */
export interface Posterior {
  readonly call: Int32Array
  readonly p: Float64Array
  /** Share of p that rests on a name, address or port in the call. */
  readonly content: Float32Array
  /** Share of p that came down from an earlier connection of the session. */
  readonly inherited: Float32Array
  readonly none: Float64Array
  readonly other: Float64Array
  readonly tier: Uint8Array
  /** First unit of the session where this one continues it rather than begins anew; else itself. */
  readonly onset: Uint32Array
}

export const keptMax = kept

export function posteriors(scene: Scene, model: Model): { posterior: Posterior; scores: Scorer } {
  const n = scene.n
  const out = {
    call: new Int32Array(n * kept).fill(-1),
    p: new Float64Array(n * kept),
    content: new Float32Array(n * kept),
    inherited: new Float32Array(n * kept),
    none: new Float64Array(n),
    other: new Float64Array(n),
    tier: new Uint8Array(n),
    onset: new Uint32Array(n),
  }
  const scores = scorer(scene, model)
  const c = scene.candidates
  const list = shareList()
  for (let u = 0; u < n; u++) {
    out.onset[u] = u
    if (scene.group[u]! < 0) {
      out.none[u] = 1
      continue
    }
    const r = scores.rates(u)
    const first = c.start[u]! - c.base
    list.size = 0
    let other = 0
    for (let x = 0; x < r.size; x++) {
      const p = (r.base[x]! + r.named[x]!) / r.total
      if (p < leastShown) other += p
      else list.add(c.call[first + x]!, p, r.named[x]! / r.total, 0)
    }
    const before = scene.previous[u]!
    if (before >= 0 && r.continued > 0) {
      const nu = model.nu[scene.session[u]!]! / r.total
      if (r.continued > 0.5 * r.total) out.onset[u] = out.onset[before]!
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) {
        const call = scores.launchCall[k]!
        const p = nu * scores.launchP[k]!
        if (call >= 0 && p >= 1e-6) list.addTo(call, p, p * contentOf(out, before, call))
      }
    }
    out.none[u] = r.background / r.total
    // The most probable first; of equals the call that came first.
    for (let k = 0; k < kept && list.size > 0; k++) {
      const best = list.best()
      const at = u * kept + k
      out.call[at] = list.call[best]!
      out.p[at] = list.p[best]!
      out.content[at] = list.content[best]!
      out.inherited[at] = list.inherited[best]!
      list.remove(best)
    }
    for (let x = 0; x < list.size; x++) other += list.p[x]!
    out.other[u] = other
    const lead = u * kept
    if (out.call[lead]! >= 0 && out.p[lead]! >= attributionDefaults.candidateMin) {
      out.tier[u] = out.content[lead]! > out.p[lead]! / 2 ? tier.content : tier.time
    }
  }
  return { posterior: out, scores }
}

/** Less than this is not kept by call. */
const leastShown = 1e-5

/** Shares of one unit's calls, in columns that serve every unit anew. */
function shareList() {
  const list = {
    size: 0,
    call: new Int32Array(64),
    p: new Float64Array(64),
    content: new Float64Array(64),
    inherited: new Float64Array(64),
    add(call: number, p: number, content: number, inherited: number): void {
      if (list.size === list.call.length) widen()
      list.call[list.size] = call
      list.p[list.size] = p
      list.content[list.size] = content
      list.inherited[list.size++] = inherited
    },
    /** Adds what came down from an earlier unit, to the call's own share where it has one. */
    addTo(call: number, p: number, content: number): void {
      let x = list.size - 1
      while (x >= 0 && list.call[x] !== call) x--
      if (x < 0) {
        list.add(call, p, content, p)
        return
      }
      list.p[x]! += p
      list.content[x]! += content
      list.inherited[x]! += p
    },
    best(): number {
      let best = 0
      for (let x = 1; x < list.size; x++) {
        if (list.p[x]! > list.p[best]!) best = x
        else if (list.p[x] === list.p[best] && list.call[x]! < list.call[best]!) best = x
      }
      return best
    },
    remove(x: number): void {
      const last = --list.size
      list.call[x] = list.call[last]!
      list.p[x] = list.p[last]!
      list.content[x] = list.content[last]!
      list.inherited[x] = list.inherited[last]!
    },
  }
  function widen(): void {
    const size = list.call.length * 2
    list.call = copied(list.call, new Int32Array(size))
    list.p = copied(list.p, new Float64Array(size))
    list.content = copied(list.content, new Float64Array(size))
    list.inherited = copied(list.inherited, new Float64Array(size))
  }
  return list
}

function copied<T extends Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/** How much of a call's probability at an earlier unit rested on content. */
function contentOf(
  out: { call: Int32Array; p: Float64Array; content: Float32Array },
  u: number,
  call: number,
): number {
  for (let k = u * kept; k < (u + 1) * kept; k++) {
    if (out.call[k] === call && out.p[k]! > 0) return out.content[k]! / out.p[k]!
  }
  return 0
}
