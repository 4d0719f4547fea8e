// From rates to probabilities: every candidate against every other, against none, and against what went before.

import { attributionDefaults, tiers } from './api.ts'
import { launchersMax, type Model, type Scene, type Scorer, scorer } from './fit.ts'

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

export function posteriors(scene: Scene, model: Model): { posterior: Posterior; scores: Scorer } {
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
  const scores = scorer(scene, model)
  const c = scene.candidates
  for (let u = 0; u < n; u++) {
    out.onset[u] = u
    if (scene.group[u]! < 0) {
      out.none[u] = 1
      continue
    }
    const r = scores.rates(u)
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
    const none = r.background / r.total
    const before = scene.previous[u]!
    if (before >= 0 && r.continued > 0) {
      const nu = model.nu[scene.session[u]!]! / r.total
      if (r.continued > 0.5 * r.total) out.onset[u] = out.onset[before]!
      for (let k = before * launchersMax; k < (before + 1) * launchersMax; k++) {
        const call = scores.launchCall[k]!
        const p = nu * scores.launchP[k]!
        if (call < 0 || p < 1e-6) continue
        let share = seen.get(call)
        if (!share) {
          share = { call, p: 0, content: 0, inherited: 0 }
          list.push(share)
        }
        share.p += p
        share.inherited += p
        share.content += p * contentOf(out, before, call)
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
  return { posterior: out, scores }
}

interface Share {
  call: number
  p: number
  content: number
  inherited: number
}

/** How much of a call's probability at an earlier unit rested on content. */
function contentOf(
  out: { call: Int32Array; p: Float64Array; content: Float64Array },
  u: number,
  call: number,
): number {
  for (let k = u * kept; k < (u + 1) * kept; k++) {
    if (out.call[k] === call && out.p[k]! > 0) return out.content[k]! / out.p[k]!
  }
  return 0
}
