// The first packets of a sandbox, to the last: what the kernel had no room to tell us of is counted, and at the end
// what still waits with it is read.

import type { BoxNetwork, FirstPacket } from '../schema/box-network.ts'
import type { JournalLine } from '../schema/journal.ts'
import { lostLine } from './lines.ts'

export interface FirstPackets {
  /** Those that nobody saw, so far. They were not answered. */
  lost(): number
  /** Resolves when all that came was handed on; to be called when nothing inside runs any more. */
  end(): Promise<void>
}

/** Losses are told of together, so often. Milliseconds. */
const tellMs = 1_000
/** More than the kernel's buffer takes to be read. Milliseconds. */
const endMs = 10_000

export function readFirstPackets(
  network: BoxNetwork,
  box: string,
  record: (line: JournalLine) => void,
  onPacket: (packet: FirstPacket) => void,
): FirstPackets {
  let seen = 0
  let lost = 0
  let told = 0
  let since = Date.now()
  let timer: NodeJS.Timeout | undefined
  const tell = () => {
    clearTimeout(timer)
    timer = undefined
    if (lost === told) return
    try {
      record(lostLine(box, lost - told, since))
      told = lost
      since = Date.now()
    } catch {} // Said with the next ones.
  }
  network.listen(
    (packet) => {
      seen++
      onPacket(packet)
    },
    (count) => {
      lost += count
      timer ??= setTimeout(tell, tellMs)
    },
  )
  return {
    lost: () => lost,
    async end() {
      const until = performance.now() + endMs
      for (let before = -1; seen !== before && performance.now() < until; ) {
        before = seen
        // Twice round the event loop: what waits in the kernel is read in between.
        for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      // The last ones leave no gap that a later number would show.
      try {
        lost = Math.max(lost, network.dropped?.() ?? 0)
      } catch {} // The gaps are what is known then.
      tell()
    },
  }
}
