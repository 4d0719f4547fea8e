// Calls that name a text, box by box: a question about one sandbox must not read what all the others named.

import { lowerBound, matchLevels, type Namings } from './targets.ts'

const outputLevel = matchLevels.indexOf('output')
/** Answers about groups of several boxes are kept up to so many calls in all; beyond it they are made anew. */
const keptCallsMax = 4_000_000

export interface Namers {
  /**
   * Calls of the group's boxes that name the text in what they do, not merely in what came back: those are
   * `list[from … to)`, in canonical order, a call as often as it names it. Good until the next question.
   */
  ask(text: number, group: number): void
  readonly list: Uint32Array
  readonly from: number
  readonly to: number
}

export function namersByBox(
  named: Namings,
  callBox: Uint32Array,
  groups: readonly { readonly boxes: Uint32Array }[],
): Namers {
  const texts = named.start.length - 1
  let boxes = 0
  for (let j = 0; j < callBox.length; j++) boxes = Math.max(boxes, callBox[j]! + 1)
  const { start, call, box } = indexed(named, callBox, boxes)
  const known = new Map<number, Uint32Array>()
  let keptCalls = 0
  const answer: { ask: Namers['ask']; list: Uint32Array; from: number; to: number } = {
    ask,
    list: call,
    from: 0,
    to: 0,
  }

  function ask(text: number, group: number): void {
    const own = groups[group]!.boxes
    answer.list = call
    if (own.length === 1) {
      answer.from = lowerBound(box, own[0]!, start[text]!, start[text + 1]!)
      answer.to = lowerBound(box, own[0]! + 1, answer.from, start[text + 1]!)
      return
    }
    const key = group * texts + text
    let list = known.get(key)
    if (!list) {
      list = gather(text, own)
      if (keptCalls + list.length <= keptCallsMax) {
        keptCalls += list.length + 16
        known.set(key, list)
      }
    }
    answer.list = list
    answer.from = 0
    answer.to = list.length
  }

  function gather(text: number, own: Uint32Array): Uint32Array {
    const end = start[text + 1]!
    const out: number[] = []
    for (let at = start[text]!, b = 0; at < end && b < own.length; ) {
      if (box[at]! < own[b]!) at = lowerBound(box, own[b]!, at, end)
      else if (box[at]! > own[b]!) b = lowerBound(own, box[at]!, b)
      else out.push(call[at++]!)
    }
    return Uint32Array.from(out).sort()
  }
  return answer
}

const indexes = new WeakMap<Uint32Array, { named: Namings; index: ReturnType<typeof byTextAndBox> }>()

/** The index of the same namings by the same boxes is made once: many parts of the method ask. */
function indexed(named: Namings, callBox: Uint32Array, boxes: number) {
  const known = indexes.get(callBox)
  if (known?.named === named) return known.index
  const index = byTextAndBox(named, callBox, boxes)
  indexes.set(callBox, { named, index })
  return index
}

/** The entries of each text ordered by box, then call: two stable counting sorts. */
function byTextAndBox(named: Namings, callBox: Uint32Array, boxes: number) {
  const texts = named.start.length - 1
  const start = new Uint32Array(texts + 1)
  const textOf = new Uint32Array(named.call.length)
  const perBox = new Uint32Array(boxes + 1)
  for (let text = 0; text < texts; text++) {
    for (let x = named.start[text]!; x < named.start[text + 1]!; x++) {
      textOf[x] = text
      if (named.level[x]! <= outputLevel) continue
      start[text + 1]!++
      perBox[callBox[named.call[x]!]! + 1]!++
    }
  }
  for (let text = 0; text < texts; text++) start[text + 1]! += start[text]!
  for (let b = 0; b < boxes; b++) perBox[b + 1]! += perBox[b]!
  const count = start[texts]!
  const entries = new Uint32Array(count)
  for (let x = 0; x < named.call.length; x++) {
    if (named.level[x]! > outputLevel) entries[perBox[callBox[named.call[x]!]!]!++] = x
  }
  const at = start.slice()
  const call = new Uint32Array(count)
  const box = new Uint32Array(count)
  for (let e = 0; e < count; e++) {
    const x = entries[e]!
    const to = at[textOf[x]!]!++
    call[to] = named.call[x]!
    box[to] = callBox[named.call[x]!]!
  }
  return { start, call, box }
}
