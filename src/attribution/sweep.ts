// The interval join: every call that may have caused each event, in one pass over both, sorted by time within a key.
//
// Work is pairs + expiries; memory 4 B a pair plus the two orders. Flat typed arrays throughout.

/** Candidates of events: those of event i are `call[begin[i] … begin[i] + size[i])`. */
export interface Pairs {
  readonly begin: Float64Array
  readonly size: Uint32Array
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
  /** Take only events [first, last); for chunks that must fit memory. `begin` and `size` then count from `first`. */
  readonly first?: number
  readonly last?: number
}

/** Pairs every event with the calls of its group's boxes whose window it touches, in order of `enter`. */
export function sweep(input: SweepInput): Pairs {
  const first = input.first ?? 0
  const last = input.last ?? input.from.length
  const n = last - first
  const groupCount = input.groups.length
  const events = groupEvents(input, first, last)
  const calls = groupCalls(input)
  const begin = new Float64Array(n)
  const sizes = new Uint32Array(n)
  let out = new Uint32Array(Math.max(1024, n * 2))
  let size = 0
  let done = 0
  let activeCall = new Uint32Array(1024)
  let activeLeave = new Float64Array(1024)
  let activeEnter = new Float64Array(1024)
  const { enter, leave, call } = calls
  for (let g = 0; g < groupCount; g++) {
    const eventsTo = events.start[g + 1]!
    const callsTo = calls.start[g + 1]!
    let next = calls.start[g]!
    let active = 0
    // Latest end so far: only an event that ends before it can meet calls that enter after its own end.
    let furthest = Number.NEGATIVE_INFINITY
    for (let k = events.start[g]!; k < eventsTo; k++) {
      const a = events.from[k]!
      const b = events.to[k]!
      while (next < callsTo && enter[next]! <= b) {
        if (leave[next]! >= a) {
          if (active === activeCall.length) {
            activeCall = grow(activeCall, new Uint32Array(active * 2))
            activeLeave = grow(activeLeave, new Float64Array(active * 2))
            activeEnter = grow(activeEnter, new Float64Array(active * 2))
          }
          activeCall[active] = call[next]!
          activeLeave[active] = leave[next]!
          activeEnter[active++] = enter[next]!
        }
        next++
      }
      if (size + active > out.length) {
        // What is left is guessed from what was done, so that few copies are made.
        const guess = done > 0 ? Math.ceil((size / done) * events.count * 1.1) : 0
        out = grow(out, new Uint32Array(Math.max(Math.ceil(out.length * 1.5), size + active, guess)))
      }
      const began = size
      let alive = 0
      if (b >= furthest) {
        furthest = b
        size = emit(out, size, activeCall, activeLeave, active, a)
        alive = size - began
      } else {
        for (let x = 0; x < active; x++) {
          if (activeLeave[x]! < a) continue
          alive++
          if (activeEnter[x]! <= b) out[size++] = activeCall[x]!
        }
      }
      // Who has left is passed over until it is worth moving the others up.
      if (active - alive > 4 + (alive >> 2)) {
        active = compact(activeCall, activeLeave, activeEnter, active, a)
      }
      const i = events.item[k]! - first
      begin[i] = began
      sizes[i] = size - began
      done++
    }
  }
  return { begin, size: sizes, call: out.subarray(0, size), count: size }
}

/** Writes the calls that have not left before `a`; a function of its own because then it runs as fast as it can. */
function emit(
  out: Uint32Array,
  size: number,
  call: Uint32Array,
  leave: Float64Array,
  active: number,
  a: number,
): number {
  let at = size
  for (let x = 0; x < active; x++) {
    if (leave[x]! >= a) out[at++] = call[x]!
  }
  return at
}

/** Moves up those that have not left; returns how many. */
function compact(
  call: Uint32Array,
  leave: Float64Array,
  enter: Float64Array,
  active: number,
  a: number,
): number {
  let kept = 0
  for (let x = 0; x < active; x++) {
    if (leave[x]! < a) continue
    call[kept] = call[x]!
    leave[kept] = leave[x]!
    enter[kept++] = enter[x]!
  }
  return kept
}

/** Events by group in their given order, with their times beside them: one pass of many streams, no random reads. */
function groupEvents(input: SweepInput, first: number, last: number) {
  const { group } = input
  const groups = input.groups.length
  const start = new Uint32Array(groups + 1)
  for (let i = first; i < last; i++) if (group[i]! >= 0) start[group[i]! + 1]!++
  for (let g = 0; g < groups; g++) start[g + 1]! += start[g]!
  const count = start[groups]!
  const at = start.slice()
  const item = new Uint32Array(count)
  const from = new Float64Array(count)
  const same = input.to === input.from
  const to = same ? from : new Float64Array(count)
  for (let i = first; i < last; i++) {
    if (group[i]! < 0) continue
    const k = at[group[i]!]!++
    item[k] = i
    from[k] = input.from[i]!
    if (!same) to[k] = input.to[i]!
  }
  return { start, item, from, to, count }
}

/** Calls of each group in their given order; a call stands in every group that holds its box. */
function groupCalls(input: SweepInput) {
  const { box, groups } = input
  let boxCount = 0
  for (let j = 0; j < box.length; j++) boxCount = Math.max(boxCount, box[j]! + 1)
  const groupsOfBox: number[][] = Array.from({ length: boxCount }, () => [])
  for (let g = 0; g < groups.length; g++) for (const b of groups[g]!.boxes) groupsOfBox[b]?.push(g)
  // Flat, because ten million lookups of small arrays cost more than the join itself.
  const listStart = new Uint32Array(boxCount + 1)
  for (let b = 0; b < boxCount; b++) listStart[b + 1] = listStart[b]! + groupsOfBox[b]!.length
  const list = Uint32Array.from(groupsOfBox.flat())
  const perBox = new Uint32Array(boxCount)
  for (let j = 0; j < box.length; j++) perBox[box[j]!]!++
  const start = new Float64Array(groups.length + 1)
  for (let b = 0; b < boxCount; b++) for (const g of groupsOfBox[b]!) start[g + 1]! += perBox[b]!
  for (let g = 0; g < groups.length; g++) start[g + 1]! += start[g]!
  const total = start[groups.length]!
  const at = start.slice()
  const call = new Uint32Array(total)
  const enter = new Float64Array(total)
  const leave = new Float64Array(total)
  for (let j = 0; j < box.length; j++) {
    const b = box[j]!
    for (let x = listStart[b]!; x < listStart[b + 1]!; x++) {
      const k = at[list[x]!]!++
      call[k] = j
      enter[k] = input.enter[j]!
      leave[k] = input.leave[j]!
    }
  }
  return { start, call, enter, leave }
}

function grow<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from)
  return into
}
