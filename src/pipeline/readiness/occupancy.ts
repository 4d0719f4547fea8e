// How many calls of a set of sandboxes run at a time: two sorted columns a sandbox answer it by bisection.

export interface Windows {
  /** By call, µs; Infinity for calls that can cause nothing. */
  readonly from: Float64Array
  readonly to: Float64Array
}

export interface Occupancy {
  /** Calls of the boxes whose window meets [from, to]. */
  count(boxes: Iterable<number>, from: number, to: number): number
}

export function occupancyOf(windows: Windows, box: Uint32Array, boxCount: number): Occupancy {
  const n = box.length
  const start = new Uint32Array(boxCount + 1)
  for (let j = 0; j < n; j++) if (Number.isFinite(windows.from[j]!)) start[box[j]! + 1]!++
  for (let b = 0; b < boxCount; b++) start[b + 1]! += start[b]!
  const enter = new Float64Array(start[boxCount]!)
  const leave = new Float64Array(start[boxCount]!)
  const next = start.slice()
  for (let j = 0; j < n; j++) {
    if (!Number.isFinite(windows.from[j]!)) continue
    const at = next[box[j]!]!++
    enter[at] = windows.from[j]!
    leave[at] = Math.max(windows.from[j]!, windows.to[j]!)
  }
  for (let b = 0; b < boxCount; b++) {
    enter.subarray(start[b]!, start[b + 1]!).sort()
    leave.subarray(start[b]!, start[b + 1]!).sort()
  }
  return {
    count(boxes, from, to) {
      let sum = 0
      for (const b of boxes) {
        const [low, high] = [start[b]!, start[b + 1]!]
        // Whoever left before `from` has also entered before `to`.
        sum += below(enter, low, high, to, true) - below(leave, low, high, from, false)
      }
      return sum
    },
  }
}

/** Values in [low, high) that are less than `limit`, or equal to it when `inclusive`. */
function below(sorted: Float64Array, low: number, high: number, limit: number, inclusive: boolean): number {
  let [a, b] = [low, high]
  while (a < b) {
    const middle = (a + b) >> 1
    const value = sorted[middle]!
    if (value < limit || (inclusive && value === limit)) a = middle + 1
    else b = middle
  }
  return a - low
}
