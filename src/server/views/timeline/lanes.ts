// One way of putting the items into lanes, with what makes a tile quick: each lane's items in the order of time.

import { setImmediate } from 'node:timers/promises'
import { rowStacker } from '../../../base/stack-rows.ts'
import { inPieces } from './breathe.ts'
import { type Items, type Kind, kinds, shape, shapeOf, tone } from './items.ts'
import { counted } from './words.ts'

/** Groups with lanes of their own; further ones share the last. */
const groupsMax = 5_000
/** Ends of items are kept at every so many, so that what reaches into a tile is found without looking at all before it. */
export const endsStep = 256

export interface Lane {
  readonly label: string
  readonly note: string
  /** -1: pinned. */
  readonly group: number
  readonly kind: Kind
  readonly rows: number
  /** Its items are `order[start … end)`. */
  readonly start: number
  readonly end: number
}

export interface Lanes {
  readonly lanes: readonly Lane[]
  /** Numbers of items, lane after lane, each by time. */
  readonly order: Uint32Array
  /** `fromUs` of `order`, so that a search touches one array. */
  readonly from: Float64Array
  /** Latest end of `order[k * endsStep …)`. */
  readonly ends: Float64Array
  readonly laneOf: Int32Array
  readonly rowOf: Uint8Array
}

const pinnedKinds: readonly Kind[] = ['incident', 'finding', 'response']
const groupKinds: readonly Kind[] = ['call', 'process', 'connection', 'dns', 'api']
const kindWords: Readonly<Record<Kind, string>> = {
  call: 'tool calls',
  process: 'processes',
  connection: 'connections',
  dns: 'DNS',
  api: 'records',
  incident: 'incidents',
  finding: 'findings',
  response: 'responses',
  alarm: 'alarms',
}
const alarmWords = ['attributed', 'likely', 'no call found'] as const

export async function putInLanes(
  items: Items,
  by: 'box' | 'episode' | 'step' | 'tool',
  nameOf: (index: number) => string,
): Promise<Lanes> {
  const groups = await rankGroups(items, by, nameOf)
  const slot = new Int32Array(items.length).fill(-1)
  const perGroup = groupKinds.length
  const pinnedSlots = pinnedKinds.length + alarmWords.length
  const sizes = new Uint32Array(pinnedSlots + groups.names.length * perGroup)
  await inPieces(items.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (Number.isNaN(items.fromUs[i]!)) continue
      const kind = kinds[items.kind[i]!]!
      const pinned = pinnedKinds.indexOf(kind)
      if (pinned >= 0) slot[i] = pinned
      else if (kind === 'alarm') slot[i] = pinnedKinds.length + items.verdict[i]!
      else slot[i] = pinnedSlots + groups.of(i) * perGroup + groupKinds.indexOf(kind)
      sizes[slot[i]!]!++
    }
  })
  // A lane only exists where there is something to be drawn.
  const laneOfSlot = new Int32Array(sizes.length).fill(-1)
  const lanes: { slot: number; start: number; end: number }[] = []
  let drawn = 0
  for (let s = 0; s < sizes.length; s++) {
    if (sizes[s] === 0) continue
    laneOfSlot[s] = lanes.length
    lanes.push({ slot: s, start: drawn, end: drawn + sizes[s]! })
    drawn += sizes[s]!
  }
  const order = new Uint32Array(drawn)
  const next = lanes.map(({ start }) => start)
  const laneOf = new Int32Array(items.length).fill(-1)
  await inPieces(items.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (slot[i]! < 0) continue
      const lane = laneOfSlot[slot[i]!]!
      laneOf[i] = lane
      order[next[lane]!++] = i
    }
  })
  const { fromUs, toUs } = items
  const from = new Float64Array(drawn)
  const ends = new Float64Array(Math.ceil(drawn / endsStep)).fill(Number.NEGATIVE_INFINITY)
  const rowOf = new Uint8Array(items.length)
  const shown: Lane[] = []
  let breath = 0
  for (const { slot: s, start, end } of lanes) {
    breath += end - start
    if (breath > 100_000) {
      breath = 0
      await setImmediate()
    }
    const part = order.subarray(start, end)
    if (!ascends(part, fromUs)) part.sort((a, b) => fromUs[a]! - fromUs[b]! || a - b)
    const isPinned = s < pinnedSlots
    const kind = isPinned ? (pinnedKinds[s] ?? 'alarm') : groupKinds[(s - pinnedSlots) % perGroup]!
    const stacker = !isPinned && shapeOf(kind) === shape.bar ? rowStacker() : undefined
    for (let at = start; at < end; at++) {
      const i = order[at]!
      from[at] = fromUs[i]!
      const step = Math.floor(at / endsStep)
      if (toUs[i]! > ends[step]!) ends[step] = toUs[i]!
      if (stacker) rowOf[i] = stacker.next(fromUs[i]!, toUs[i]!)
    }
    const group = isPinned ? -1 : Math.floor((s - pinnedSlots) / perGroup)
    shown.push({
      group,
      kind,
      rows: stacker?.rows ?? 1,
      start,
      end,
      ...nameLane(items, order, s, start, end, kind, group, groups),
    })
  }
  return { lanes: headed(shown, groups), order, from, ends, laneOf, rowOf }
}

interface Groups {
  readonly names: readonly string[]
  of(item: number): number
}

/** Groups with the most accused calls first, then the busiest. What has no name of the kind stands last. */
async function rankGroups(
  items: Items,
  by: 'box' | 'episode' | 'step' | 'tool',
  nameOf: (index: number) => string,
): Promise<Groups> {
  const places = items[by]
  const count = items.names[by].length
  const accused = new Uint32Array(count)
  const weight = new Float64Array(count)
  let unnamed = false
  await inPieces(items.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const place = places[i]!
      if (place < 0) unnamed = true
      else {
        const isCall = i < items.calls
        weight[place]! += isCall ? 1 : 1e-7
        if (isCall && items.tone[i] === tone.grave) accused[place]!++
      }
    }
  })
  const ranked = Array.from({ length: count }, (_, i) => i).filter((i) => weight[i]! > 0)
  if (by === 'step') ranked.sort((a, b) => Number(items.names.step[a]) - Number(items.names.step[b]))
  else ranked.sort((a, b) => accused[b]! - accused[a]! || weight[b]! - weight[a]! || a - b)
  const own = ranked.slice(0, groupsMax)
  const rank = new Int32Array(count).fill(own.length)
  for (const [at, place] of own.entries()) rank[place] = at
  const more = ranked.length - own.length
  const labels = own.map(nameOf)
  if (more > 0) labels.push(`${counted(more, 'further one', 'further ones')}`)
  if (unnamed) labels.push(`${by} not known`)
  const last = labels.length - 1
  return { names: labels, of: (item) => (places[item]! < 0 ? last : rank[places[item]!]!) }
}

function nameLane(
  items: Items,
  order: Uint32Array,
  slot: number,
  start: number,
  end: number,
  kind: Kind,
  group: number,
  groups: Groups,
): { label: string; note: string } {
  if (group < 0) {
    const alarm = slot - pinnedKinds.length
    return {
      label: alarm < 0 ? kindWords[kind] : (alarmWords[alarm] ?? ''),
      note: counted(end - start, 'item'),
    }
  }
  let accused = 0
  for (let at = start; at < end; at++) if (items.tone[order[at]!] === tone.grave) accused++
  const count = counted(end - start, kind === 'call' ? 'call' : 'record')
  return {
    label: kind === 'call' ? groups.names[group]! : kindWords[kind],
    note: accused > 0 ? `${count}, ${counted(accused, 'accused', 'accused')}` : count,
  }
}

/** The first lane of a group bears its name, whatever its kind. */
function headed(lanes: readonly Lane[], groups: Groups): readonly Lane[] {
  return lanes.map((lane, i) => {
    if (lane.group < 0 || lanes[i - 1]?.group === lane.group || lane.kind === 'call') return lane
    return { ...lane, label: groups.names[lane.group]!, note: `${kindWords[lane.kind]}: ${lane.note}` }
  })
}

function ascends(part: Uint32Array, fromUs: Float64Array): boolean {
  for (let at = 1; at < part.length; at++) if (fromUs[part[at]!]! < fromUs[part[at - 1]!]!) return false
  return true
}
