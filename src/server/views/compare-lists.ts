// Puts what two episodes did side by side: one item for each thing done, with how often and by which calls.

import { severities } from '../../schema/event.ts'

export interface Doing {
  readonly side: 'left' | 'right'
  readonly what: string
  readonly example?: string
  readonly severity?: string | null
  readonly count: number
  readonly denied: number
  readonly call: string
  readonly firstTime: string | null
}

/** Items of one list; the counts beside it are of all. */
const itemsMax = 500
const callsMax = 10
const exampleMax = 2000

interface Side {
  count: number
  denied: number
  calls: Set<string>
  firstTime: string | null
}

interface Item {
  readonly what: string
  readonly example: string | null
  severity: string | null
  readonly left: Side
  readonly right: Side
}

/** In the order given, but what only one side did first. */
export function doingsList(doings: readonly Doing[]) {
  const items = new Map<string, Item>()
  for (const { side, what, example, severity, count, denied, call, firstTime } of doings) {
    let item = items.get(what)
    if (!item) {
      item = {
        what,
        example: example?.slice(0, exampleMax) ?? null,
        severity: null,
        left: emptySide(),
        right: emptySide(),
      }
      items.set(what, item)
    }
    if (rank(severity) > rank(item.severity)) item.severity = severity ?? null
    const own = item[side]
    own.count += count
    own.denied += denied
    own.calls.add(call)
    if (firstTime !== null && (own.firstTime === null || firstTime < own.firstTime)) own.firstTime = firstTime
  }
  const all = [...items.values()].map(({ left, right, ...item }) => ({
    ...item,
    only: right.count === 0 ? ('left' as const) : left.count === 0 ? ('right' as const) : null,
    left: shownSide(left),
    right: shownSide(right),
  }))
  const sorted = [
    ...all.filter(({ only }) => only === 'left'),
    ...all.filter(({ only }) => only === 'right'),
    ...all.filter(({ only }) => only === null),
  ]
  return {
    items: sorted.slice(0, itemsMax),
    onlyLeft: all.filter(({ only }) => only === 'left').length,
    onlyRight: all.filter(({ only }) => only === 'right').length,
    common: all.filter(({ only }) => only === null).length,
    cut: all.length > itemsMax,
  }
}

function emptySide(): Side {
  return { count: 0, denied: 0, calls: new Set(), firstTime: null }
}

function shownSide({ count, denied, calls, firstTime }: Side) {
  return { count, denied, calls: [...calls].slice(0, callsMax), callsTotal: calls.size, firstTime }
}

function rank(severity: string | null | undefined): number {
  return severities.findIndex((word) => word === (severity ?? ''))
}
