// The interval join: every call that may have caused each event, in one pass over both, sorted by time within a key.
//
// The events that one call may have caused are neighbours in time. So each call is given the range of its events, the
// ranges tell how many calls each event has, and only then is every call written to its events' places: no list of
// what is running is kept, and nothing is copied. Work is pairs + events + calls; memory 4 B a pair plus the two orders.

/** Events by ascending `from`; event i may have begun in [from, to]. `group` -1 takes no part. */
export interface SweptEvents {
  readonly from: Float64Array
  readonly to: Float64Array
  readonly group: Int32Array
}

/** Calls of group g by when their windows open: [start[g], start[g + 1]) of the columns. */
export interface GroupedCalls {
  readonly start: Float64Array
  readonly call: Uint32Array
  readonly enter: Float64Array
  readonly leave: Float64Array
}

export interface Sweep {
  /** How many calls each event has, and all together. */
  readonly size: Uint32Array
  readonly count: number
  /** The calls themselves: those of event i are `call[begin[i] … begin[i] + size[i])`, in order of `enter`. */
  pairs(): Pairs
}

export interface Pairs {
  readonly begin: Uint32Array
  readonly size: Uint32Array
  readonly call: Uint32Array
  readonly count: number
}

/** Pairs every event with the calls of its group whose window it touches. */
export function sweep(events: SweptEvents, calls: GroupedCalls): Sweep {
  const grouped = eventsByGroup(events, calls.start.length - 1)
  const { start, item } = grouped
  const ranges: Range[] = []
  let rows = 0
  for (let g = 0; g + 1 < calls.start.length; g++) {
    const calling = { callsFrom: calls.start[g]!, callsTo: calls.start[g + 1]! }
    if (calling.callsTo === calling.callsFrom) continue
    for (const { from, to } of alike(grouped, start[g]!, start[g + 1]!)) {
      const ascending = ascends(grouped.to, from, to)
      ranges.push({ ...calling, from, to, row: rows, ascending })
      rows += calling.callsTo - calling.callsFrom
    }
  }
  // Events of each call within each range: [low, high).
  const low = new Uint32Array(rows)
  const high = new Uint32Array(rows)
  const sizes = new Uint32Array(item.length)
  const change = new Int32Array(item.length + 1)
  const size = new Uint32Array(events.from.length)
  let count = 0
  for (const range of ranges) {
    if (range.ascending) neighbours(range, calls, grouped, low, high, change)
    else neighboursOfMixed(range, calls, grouped, low, high, sizes)
    let now = 0
    for (let k = range.from; k < range.to; k++) {
      now += change[k]!
      const all = sizes[k]! + now
      if (all === 0) continue
      sizes[k] = all
      size[item[k]!] = all
      count += all
    }
    change[range.to] = 0
  }
  function pairs(): Pairs {
    const place = new Uint32Array(item.length)
    const begin = new Uint32Array(events.from.length)
    let next = 0
    for (let k = 0; k < item.length; k++) {
      if (sizes[k] === 0) continue
      place[k] = next
      begin[item[k]!] = next
      next += sizes[k]!
    }
    const call = new Uint32Array(count)
    for (const range of ranges) write(range, calls, grouped, low, high, place, call)
    return { begin, size, call, count }
  }
  return { size, count, pairs }
}

/** Some events of a group and the calls of that group. */
interface Range {
  readonly from: number
  readonly to: number
  readonly callsFrom: number
  readonly callsTo: number
  /** Where its calls' rows begin. */
  readonly row: number
  /** Whether its events end in the order in which they begin. */
  readonly ascending: boolean
}

interface GroupedEvents {
  readonly start: Uint32Array
  readonly item: Uint32Array
  readonly from: Float64Array
  readonly to: Float64Array
}

/** The events of each call of a range, and where each event's number of calls goes up and down. */
function neighbours(
  range: Range,
  calls: GroupedCalls,
  events: GroupedEvents,
  low: Uint32Array,
  high: Uint32Array,
  change: Int32Array,
): void {
  const { enter, leave } = calls
  const { from, to } = events
  let k = range.from
  for (let c = range.callsFrom, row = range.row; c < range.callsTo; c++, row++) {
    while (k < range.to && to[k]! < enter[c]!) k++
    const end = firstAfter(from, leave[c]!, k, range.to)
    low[row] = k
    high[row] = end
    change[k]!++
    change[end]!--
  }
}

/** The same where some event ends before an earlier one: of the neighbours only those count that reach the call. */
function neighboursOfMixed(
  range: Range,
  calls: GroupedCalls,
  events: GroupedEvents,
  low: Uint32Array,
  high: Uint32Array,
  sizes: Uint32Array,
): void {
  const { enter, leave } = calls
  const { from, to } = events
  const furthest = new Float64Array(range.to - range.from)
  let so = Number.NEGATIVE_INFINITY
  for (let k = range.from; k < range.to; k++) {
    so = Math.max(so, to[k]!)
    furthest[k - range.from] = so
  }
  let k = range.from
  for (let c = range.callsFrom, row = range.row; c < range.callsTo; c++, row++) {
    while (k < range.to && furthest[k - range.from]! < enter[c]!) k++
    const end = firstAfter(from, leave[c]!, k, range.to)
    low[row] = k
    high[row] = end
    for (let x = k; x < end; x++) if (to[x]! >= enter[c]!) sizes[x]!++
  }
}

function write(
  range: Range,
  calls: GroupedCalls,
  events: GroupedEvents,
  low: Uint32Array,
  high: Uint32Array,
  place: Uint32Array,
  out: Uint32Array,
): void {
  for (let c = range.callsFrom, row = range.row; c < range.callsTo; c++, row++) {
    const j = calls.call[c]!
    const end = high[row]!
    if (range.ascending) {
      for (let k = low[row]!; k < end; k++) {
        const at = place[k]!
        out[at] = j
        place[k] = at + 1
      }
    } else {
      for (let k = low[row]!; k < end; k++) if (events.to[k]! >= calls.enter[c]!) out[place[k]!++] = j
    }
  }
}

/** The first k in [from, to) whose time is after `us`; looked for near `from`, where it mostly is. */
function firstAfter(times: Float64Array, us: number, from: number, to: number): number {
  let low = from
  let step = 1
  while (low + step <= to && times[low + step - 1]! <= us) {
    low += step
    step *= 2
  }
  let high = Math.min(to, low + step - 1)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= us) low = middle + 1
    else high = middle
  }
  return low
}

function ascends(values: Float64Array, from: number, to: number): boolean {
  for (let k = from + 1; k < to; k++) if (values[k]! < values[k - 1]!) return false
  return true
}

/**
 * Parts of a group's events whose windows are about as wide, each part in order of time: one window of a day among
 * instants would else make every call look at all of them. Moves events within the group.
 */
function alike(events: GroupedEvents, first: number, last: number): { from: number; to: number }[] {
  const { item, from, to } = events
  if (last === first) return []
  if (ascends(to, first, last)) return [{ from: first, to: last }]
  const widthClass = (k: number) => Math.max(0, Math.ceil(Math.log2(Math.max(1, to[k]! - from[k]!))))
  const classes: number[][] = []
  for (let k = first; k < last; k++) {
    const c = Math.min(63, widthClass(k))
    const members = classes[c] ?? []
    members.push(k)
    classes[c] = members
  }
  const rows = Float64Array.from(classes.flat(), (k) => k)
  const moved = {
    item: Uint32Array.from(rows, (k) => item[k]!),
    from: Float64Array.from(rows, (k) => from[k]!),
    to: Float64Array.from(rows, (k) => to[k]!),
  }
  item.set(moved.item, first)
  from.set(moved.from, first)
  to.set(moved.to, first)
  const parts: { from: number; to: number }[] = []
  let at = first
  for (const members of classes) {
    if (!members) continue
    parts.push({ from: at, to: at + members.length })
    at += members.length
  }
  return parts
}

/** Events by group in their given order, with their times beside them: one pass of many streams, no random reads. */
function eventsByGroup(events: SweptEvents, groups: number): GroupedEvents {
  const { group } = events
  const n = group.length
  const start = new Uint32Array(groups + 1)
  for (let i = 0; i < n; i++) if (group[i]! >= 0) start[group[i]! + 1]!++
  for (let g = 0; g < groups; g++) start[g + 1]! += start[g]!
  const count = start[groups]!
  const at = start.slice()
  const item = new Uint32Array(count)
  const from = new Float64Array(count)
  const same = events.to === events.from
  const to = same ? from : new Float64Array(count)
  for (let i = 0; i < n; i++) {
    if (group[i]! < 0) continue
    const k = at[group[i]!]!++
    item[k] = i
    from[k] = events.from[i]!
    if (!same) to[k] = events.to[i]!
  }
  return { start, item, from, to }
}

/** Calls given by ascending `enter`, by group in that order; a call stands in every group that holds its box. */
export function callsByGroup(
  enter: Float64Array,
  leave: Float64Array,
  box: Uint32Array,
  groups: readonly { readonly boxes: Uint32Array }[],
): GroupedCalls {
  let boxes = 0
  for (let j = 0; j < box.length; j++) boxes = Math.max(boxes, box[j]! + 1)
  // Groups of each box; flat, because ten million lookups of small arrays cost more than the join itself.
  const listStart = new Uint32Array(boxes + 1)
  for (const g of groups) for (const b of g.boxes) if (b < boxes) listStart[b + 1]!++
  for (let b = 0; b < boxes; b++) listStart[b + 1]! += listStart[b]!
  const list = new Uint32Array(listStart[boxes]!)
  const listAt = listStart.slice()
  groups.forEach((g, k) => {
    for (const b of g.boxes) if (b < boxes) list[listAt[b]!++] = k
  })
  const start = new Float64Array(groups.length + 1)
  for (let j = 0; j < box.length; j++) {
    for (let x = listStart[box[j]!]!; x < listStart[box[j]! + 1]!; x++) start[list[x]! + 1]!++
  }
  for (let g = 0; g < groups.length; g++) start[g + 1]! += start[g]!
  const total = start[groups.length]!
  const at = start.slice()
  const out = {
    start,
    call: new Uint32Array(total),
    enter: new Float64Array(total),
    leave: new Float64Array(total),
  }
  for (let j = 0; j < box.length; j++) {
    for (let x = listStart[box[j]!]!; x < listStart[box[j]! + 1]!; x++) {
      const k = at[list[x]!]!++
      out.call[k] = j
      out.enter[k] = enter[j]!
      out.leave[k] = leave[j]!
    }
  }
  return out
}
