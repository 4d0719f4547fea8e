// The whole of the items in outline: their span, how many of each kind, and their density.

import { densitySteps, type TimelineAnswer } from '../../wire/timeline.ts'
import { inPieces } from './breathe.ts'
import { type Items, kinds, tone } from './items.ts'

export type ItemSummary = Pick<TimelineAnswer, 'fromUs' | 'toUs' | 'density' | 'counts'>

export async function summarise(items: Items): Promise<ItemSummary> {
  const { length, fromUs, toUs } = items
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  const counts = new Array<number>(kinds.length).fill(0)
  await inPieces(length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (Number.isNaN(fromUs[i]!)) continue
      if (fromUs[i]! < least) least = fromUs[i]!
      if (toUs[i]! > most) most = toUs[i]!
      counts[items.kind[i]!]!++
    }
  })
  if (!(most >= least)) [least, most] = [0, 1]
  most = Math.max(most, least + 1)
  const calls = new Array<number>(densitySteps).fill(0)
  const grave = new Array<number>(densitySteps).fill(0)
  const perUs = densitySteps / (most - least)
  await inPieces(length, (from, to) => {
    for (let i = from; i < to; i++) {
      const us = fromUs[i]!
      if (Number.isNaN(us)) continue
      const at = Math.min(densitySteps - 1, Math.floor((us - least) * perUs))
      if (i < items.calls) calls[at]!++
      if (items.tone[i] === tone.grave) grave[at]!++
    }
  })
  return {
    fromUs: least,
    toUs: most,
    density: { calls, grave },
    counts: Object.fromEntries(kinds.flatMap((kind, i) => (counts[i]! > 0 ? [[kind, counts[i]!]] : []))),
  }
}
