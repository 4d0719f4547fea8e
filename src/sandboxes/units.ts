// Kernel units for tool calls: groups made ahead of time and told to the rules, so that a call need not wait for nft.

import type { CallGroup, ControlGroups } from './cgroups.ts'
import { type CallElement, elementsText } from './rules.ts'

export interface Unit {
  /** The mark of its packets; never used again in this sandbox. */
  readonly number: number
  readonly group: CallGroup
}

export interface Units {
  take(): Promise<Unit>
  /** Removes the unit's group when nothing runs in it any more. */
  release(unit: Unit): void
}

const batchSize = 16
/** Fewer than this left: the next batch is made… */
const lowWater = 8
/** …a little later, so that the call that took the last one need not wait for it. Milliseconds. */
const refillMs = 25

/** `first`: units that the rules know already. `tell` hands text to nft inside the namespace. */
export function unitPool(
  box: ControlGroups,
  first: readonly Unit[],
  tell: (text: string) => Promise<void>,
): Units {
  const ready = [...first]
  let next = first.length + 1
  let making: Promise<void> | undefined
  const more = async () => {
    const batch = makeUnits(box, next, batchSize)
    next += batchSize
    await tell(elementsText(elementsOf(batch)))
    ready.push(...batch)
  }
  const refill = () => {
    making ??= more().finally(() => {
      making = undefined
    })
    return making
  }
  const refillLow = () => {
    if (ready.length < lowWater) refill().catch(() => {})
  }
  return {
    async take() {
      while (ready.length === 0) await refill()
      const unit = ready.shift()!
      // A failed refill shows when the pool is empty, to the call that then waits for it.
      if (ready.length < lowWater) setTimeout(refillLow, refillMs).unref()
      return unit
    },
    release: ({ group }) => void box.remove(group),
  }
}

export function makeUnits(box: ControlGroups, from: number, count = batchSize): Unit[] {
  return Array.from({ length: count }, (_, i) => ({
    number: from + i,
    group: box.makeCall(String(from + i)),
  }))
}

export function elementsOf(units: readonly Unit[]): CallElement[] {
  return units.map(({ number, group }) => ({ name: group.name, mark: number }))
}
