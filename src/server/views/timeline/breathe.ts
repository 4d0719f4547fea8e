// Long loops in pieces, so that whoever else asks meanwhile need not wait for the end.

import { setImmediate } from 'node:timers/promises'

const pieceMax = 100_000

/** Calls `act` with [from, to) over `length`, in order, and lets others come between the pieces. */
export async function inPieces(length: number, act: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < length; from += pieceMax) {
    act(from, Math.min(length, from + pieceMax))
    await setImmediate()
  }
}
