// A record made outside the sandbox that names the call needs no model.

import { type CallColumns, tiers } from './api.ts'
import { keptMax, type Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'

const identityTier = tiers.indexOf('identity')

/**
 * Puts what kernel-side records say in place of the model's opinion. Returns 1 for units so settled, 2 where the
 * call that the record names is not among those recorded.
 */
export function applyIdentity(calls: CallColumns, units: Units, post: Posterior): Uint8Array {
  const settled = new Uint8Array(units.n)
  const bySource = new Map<number, number[]>()
  for (let j = 0; j < calls.n; j++) {
    const id = calls.sourceId[j]!
    if (id === 0) continue
    const list = bySource.get(id)
    if (list) list.push(j)
    else bySource.set(id, [j])
  }
  for (let u = 0; u < units.n; u++) {
    if (units.identity[u] === 0) continue
    const from = u * keptMax
    for (const column of [post.p, post.content, post.inherited]) column.fill(0, from, from + keptMax)
    post.call.fill(-1, from, from + keptMax)
    // The same id may stand in two traces of one call (spans and transcript): they share the certainty.
    const named = (bySource.get(units.identity[u]!) ?? []).slice(0, keptMax)
    settled[u] = named.length > 0 ? 1 : 2
    post.tier[u] = identityTier
    post.none[u] = named.length > 0 ? 0.001 : 1
    post.other[u] = 0
    named.forEach((j, k) => {
      post.call[from + k] = j
      post.p[from + k] = 0.999 / named.length
    })
  }
  return settled
}
