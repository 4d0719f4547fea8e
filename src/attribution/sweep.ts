// The interval join: every call that may have caused each event, in one pass over both, sorted by time within a key.
//
// Work is pairs + expiries; memory 4 B a pair plus the two orders. Flat typed arrays throughout.

/** Candidates of events in compressed rows: those of event i are `call[start[i] … start[i + 1])`. */
export interface Pairs {
  readonly start: Float64Array
  readonly call: Uint32Array
  readonly count: number
}

export interface SweepInput {
  /** Events by ascending `from`; event i may have begun in [from, to]. `group` -1 takes no part. */
  readonly from: Float64Array
  readonly to: Float64Array
  readonly group: Int32Array
  /** Window of each call, ascending by `enter`. */
  readonly enter: Float64Array
  readonly leave: Float64Array
  /** Box of each call. */
  readonly box: Uint32Array
  /** Boxes of each group. */
  readonly groups: readonly { readonly boxes: Uint32Array }[]
  /** Take only events [first, last); for chunks that must fit memory. */
  readonly first?: number
  readonly last?: number
}

/** Pairs every event with the calls of its group's boxes whose window it touches, in order of `enter`. */
export function sweep(input: SweepInput): Pairs {
  const { from, to, group, enter, leave } = input
  const first = input.first ?? 0
  const last = input.last ?? from.length
  const n = last - first
  const groupCount = input.groups.length
  const byGroup = countingSort(group, first, last, groupCount)
  const callsByGroup = groupCalls(input.box, input.groups)
  const counts = new Uint32Array(n)
  let out = new Uint32Array(Math.max(1024, n * 2))
  let size = 0
  // Pairs come out group by group; where each event's begin is noted, then they are put into event order.
  const began = new Float64Array(n)
  let activeCall = new Uint32Array(1024)
  let activeLeave = new Float64Array(1024)
  let activeEnter = new Float64Array(1024)
  const calls = callsByGroup.calls
  for (let g = 0; g < groupCount; g++) {
    const eventsTo = byGroup.start[g + 1]!
    const callsTo = callsByGroup.start[g + 1]!
    let next = callsByGroup.start[g]!
    let active = 0
    // Latest end so far: only an event that ends before it can meet calls that enter after its own end.
    let furthest = Number.NEGATIVE_INFINITY
    for (let k = byGroup.start[g]!; k < eventsTo; k++) {
      const i = byGroup.items[k]!
      const a = from[i]!
      const b = to[i]!
      while (next < callsTo) {
        const j = calls[next]!
        if (enter[j]! > b) break
        next++
        if (leave[j]! < a) continue
        if (active === activeCall.length) {
          activeCall = grow(activeCall, new Uint32Array(active * 2))
          activeLeave = grow(activeLeave, new Float64Array(active * 2))
          activeEnter = grow(activeEnter, new Float64Array(active * 2))
        }
        activeCall[active] = j
        activeLeave[active] = leave[j]!
        activeEnter[active++] = enter[j]!
      }
      if (size + active > out.length)
        out = grow(out, new Uint32Array(Math.max(out.length * 2, size + active)))
      const began0 = size
      let alive = 0
      if (b >= furthest) {
        furthest = b
        for (let x = 0; x < active; x++) {
          out[size] = activeCall[x]!
          size += activeLeave[x]! >= a ? 1 : 0
        }
        alive = size - began0
      } else {
        for (let x = 0; x < active; x++) {
          if (activeLeave[x]! < a) continue
          alive++
          if (activeEnter[x]! <= b) out[size++] = activeCall[x]!
        }
      }
      // Who has left is passed over until it is worth moving the others up.
      if (alive < active - 4 - (alive >> 2)) {
        let kept = 0
        for (let x = 0; x < active; x++) {
          if (activeLeave[x]! < a) continue
          activeCall[kept] = activeCall[x]!
          activeLeave[kept] = activeLeave[x]!
          activeEnter[kept++] = activeEnter[x]!
        }
        active = kept
      }
      began[i - first] = began0
      counts[i - first] = size - began0
    }
  }
  return inEventOrder(out, size, began, counts, groupCount)
}

function inEventOrder(
  out: Uint32Array,
  size: number,
  began: Float64Array,
  counts: Uint32Array,
  groupCount: number,
): Pairs {
  const start = new Float64Array(counts.length + 1)
  for (let i = 0; i < counts.length; i++) start[i + 1] = start[i]! + counts[i]!
  if (groupCount <= 1) return { start, call: out.subarray(0, size), count: size }
  const call = new Uint32Array(size)
  for (let i = 0; i < counts.length; i++) {
    const at = start[i]!
    const source = began[i]!
    for (let x = 0; x < counts[i]!; x++) call[at + x] = out[source + x]!
  }
  return { start, call, count: size }
}

function countingSort(group: Int32Array, first: number, last: number, groups: number) {
  const start = new Uint32Array(groups + 1)
  for (let i = first; i < last; i++) if (group[i]! >= 0) start[group[i]! + 1]!++
  for (let g = 0; g < groups; g++) start[g + 1]! += start[g]!
  const at = start.slice()
  const items = new Uint32Array(start[groups]!)
  for (let i = first; i < last; i++) if (group[i]! >= 0) items[at[group[i]!]!++] = i
  return { start, items }
}

/** Calls of each group in their given order; a call stands in every group that holds its box. */
function groupCalls(box: Uint32Array, groups: readonly { readonly boxes: Uint32Array }[]) {
  let boxCount = 0
  for (let j = 0; j < box.length; j++) boxCount = Math.max(boxCount, box[j]! + 1)
  const groupsOfBox: number[][] = Array.from({ length: boxCount }, () => [])
  for (let g = 0; g < groups.length; g++) for (const b of groups[g]!.boxes) groupsOfBox[b]?.push(g)
  const perBox = new Uint32Array(boxCount)
  for (let j = 0; j < box.length; j++) perBox[box[j]!]!++
  const start = new Float64Array(groups.length + 1)
  for (let b = 0; b < boxCount; b++) for (const g of groupsOfBox[b]!) start[g + 1]! += perBox[b]!
  for (let g = 0; g < groups.length; g++) start[g + 1]! += start[g]!
  const at = start.slice()
  const calls = new Uint32Array(start[groups.length]!)
  for (let j = 0; j < box.length; j++) {
    const list = groupsOfBox[box[j]!]!
    for (let x = 0; x < list.length; x++) calls[at[list[x]!]!++] = j
  }
  return { start, calls }
}

function grow<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}
