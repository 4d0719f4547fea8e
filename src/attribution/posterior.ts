// From rates to probabilities: every candidate against every other, against none, and against what went before.

import { attributionDefaults, tiers } from './api.ts'
import { type Model, type Scene, scorer } from './fit.ts'

const kept = 8
const tier = { none: tiers.indexOf('none'), time: tiers.indexOf('time'), content: tiers.indexOf('content') }

/** Posterior of each unit over at most eight calls, most probable first. */
export interface Posterior {
  readonly call: Int32Array
  readonly p: Float64Array
  /** Share of p that rests on a name, address or port in the call. */
  readonly content: Float64Array
  /** Share of p that came down from an earlier connection of the session. */
  readonly inherited: Float64Array
  readonly none: Float64Array
  readonly other: Float64Array
  readonly tier: Uint8Array
  /** First unit of the session where this one continues it rather than begins anew; else itself. */
  readonly onset: Uint32Array
}

export const keptMax = kept

export function posteriors(scene: Scene, model: Model): Posterior {
  const n = scene.n
  const out = {
    call: new Int32Array(n * kept).fill(-1),
    p: new Float64Array(n * kept),
    content: new Float64Array(n * kept),
    inherited: new Float64Array(n * kept),
    none: new Float64Array(n),
    other: new Float64Array(n),
    tier: new Uint8Array(n),
    onset: new Uint32Array(n),
  }
  const rates = scorer(scene, model)
  const c = scene.candidates
  for (let u = 0; u < n; u++) {
    out.onset[u] = u
    if (scene.group[u]! < 0) {
      out.none[u] = 1
      continue
    }
    const r = rates(u)
    const list: Share[] = []
    const seen = new Map<number, Share>()
    const first = c.start[u]!
    let other = 0
    for (let x = 0; x < r.size; x++) {
      const fresh = r.base[x]! + r.named[x]!
      const p = fresh / r.total
      if (p < 1e-5) {
        other += p
        continue
      }
      const share = { call: c.call[first + x]!, p, content: r.named[x]! / r.total, inherited: 0 }
      list.push(share)
      seen.set(share.call, share)
    }
    let none = r.background / r.total
    const before = scene.previous[u]!
    if (before >= 0 && r.continued > 0) {
      const w = r.continued / r.total
      if (w > 0.5) out.onset[u] = out.onset[before]!
      none += w * out.none[before]!
      other += w * out.other[before]!
      for (let k = before * kept; k < (before + 1) * kept && out.call[k]! >= 0; k++) {
        const p = w * out.p[k]!
        let share = seen.get(out.call[k]!)
        if (!share) {
          share = { call: out.call[k]!, p: 0, content: 0, inherited: 0 }
          list.push(share)
        }
        share.p += p
        share.inherited += p
        share.content += p * (out.p[k]! > 0 ? out.content[k]! / out.p[k]! : 0)
      }
    }
    list.sort((a, b) => b.p - a.p || a.call - b.call)
    for (let k = kept; k < list.length; k++) other += list[k]!.p
    for (let k = 0; k < Math.min(kept, list.length); k++) {
      const at = u * kept + k
      out.call[at] = list[k]!.call
      out.p[at] = list[k]!.p
      out.content[at] = list[k]!.content
      out.inherited[at] = list[k]!.inherited
    }
    out.none[u] = none
    out.other[u] = other
    const lead = list[0]
    if (lead && lead.p >= attributionDefaults.candidateMin) {
      out.tier[u] = lead.content > lead.p / 2 ? tier.content : tier.time
    }
  }
  return out
}

interface Share {
  call: number
  p: number
  content: number
  inherited: number
}
