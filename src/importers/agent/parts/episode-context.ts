// What telemetry says of the episode a call belongs to, each distinct saying once: spans repeat theirs by the thousand.

import { detached } from '../../../base/detached.ts'
import type { Attributes } from './span-attributes.ts'
import { slot } from './telemetry-roles.ts'

/** What one span, log record or resource says about the episode it belongs to. */
export interface Context {
  readonly episode?: string
  readonly conversation?: string
  readonly run?: string
  readonly step?: number
  /** Rank of the attribute the step came from: a `global_step` far above beats a `step` close by. */
  readonly stepRank?: number
  readonly policyVersion?: string
  readonly reward?: number
  readonly boxHints?: readonly string[]
}

/** Contexts by number; 0 says nothing. */
export class ContextTable {
  readonly list: Context[] = [{}]
  readonly #ids = new Map<string, number>([[contextKey({}), 0]])
  readonly #sums = new Map<number, number>()

  /** The number of what attributes say. */
  read(attributes: Attributes): number {
    return this.#read(attributes, attributes.boxHints())
  }

  /** The same, but for the box. */
  readWithoutBox(attributes: Attributes): number {
    return this.#read(attributes, undefined)
  }

  #read(attributes: Attributes, boxHints: readonly string[] | undefined): number {
    const episode = attributes.id(slot.episode)
    const conversation = attributes.id(slot.conversation)
    const run = attributes.id(slot.run)
    const step = attributes.index(slot.step)
    const policyVersion = attributes.id(slot.policyVersion)
    const reward = attributes.number(slot.reward)
    const rank = step === undefined ? undefined : attributes.rank(slot.step)
    const key = keyOf(episode, conversation, run, step, rank, policyVersion, reward, boxHints)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    return this.#put(key, {
      ...(episode !== undefined && { episode: detached(episode) }),
      ...(conversation !== undefined && { conversation: detached(conversation) }),
      ...(run !== undefined && { run: detached(run) }),
      ...(step !== undefined && { step, stepRank: attributes.rank(slot.step) }),
      ...(policyVersion !== undefined && { policyVersion: detached(policyVersion) }),
      ...(reward !== undefined && { reward }),
      ...(boxHints !== undefined && { boxHints: boxHints.map(detached) }),
    })
  }

  add(context: Context): number {
    const key = contextKey(context)
    return this.#ids.get(key) ?? this.#put(key, context)
  }

  #put(key: string, context: Context): number {
    const id = this.list.length
    this.list.push(context)
    this.#ids.set(detached(key), id)
    return id
  }

  /** What `own` says, and where it is silent what `above` says. The box of another row may be another box. */
  inherit(own: number, above: number): number {
    return this.#sum(own, above, false)
  }

  /** The same from a span above it, whose box is its own. */
  inheritBox(own: number, above: number): number {
    return this.#sum(own, above, true)
  }

  #sum(own: number, above: number, box: boolean): number {
    if (above === 0 || own === above) return own
    const pair = (own * contextsMax + above) * 2 + (box ? 1 : 0)
    const known = this.#sums.get(pair)
    if (known !== undefined) return known
    const sum = this.add(inherited(this.list[own]!, this.list[above]!, box))
    if (this.#sums.size >= sumsMax) this.#sums.clear()
    this.#sums.set(pair, sum)
    return sum
  }
}

/** More than a table can hold; a pair of numbers below it is an exact key. */
const contextsMax = 2 ** 25
const sumsMax = 65_536

/** Fills what `own` lacks from a span above it. */
function inherited(own: Context, above: Context, box: boolean): Context {
  const boxHints = own.boxHints ?? (box ? above.boxHints : undefined)
  const hints = boxHints === undefined ? {} : { boxHints }
  // A conversation above belongs to another episode when both name one and they differ: nothing is mixed.
  if (differ(own.episode, above.episode)) return { ...own, ...hints }
  const { boxHints: _, ...rest } = above
  const sum = { ...rest, ...own, ...hints }
  const farther =
    above.step !== undefined && own.step !== undefined && (above.stepRank ?? 0) < (own.stepRank ?? 0)
  return farther ? { ...sum, step: above.step!, stepRank: above.stepRank ?? 0 } : sum
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b
}

/** True when two rows of one trace cannot be of one episode. */
export function areApart(a: Context, b: Context): boolean {
  return differ(a.episode, b.episode) || differ(a.conversation, b.conversation)
}

export function speaksOfEpisode(own: Context): boolean {
  return (
    own.episode !== undefined ||
    own.step !== undefined ||
    own.reward !== undefined ||
    own.policyVersion !== undefined ||
    own.run !== undefined
  )
}

/** Box names of a row before those of its resource, each once. */
export function joinedHints(
  first: readonly string[] | undefined,
  then: readonly string[],
): readonly string[] {
  if (!first) return then
  let all: string[] | undefined
  for (const name of then) {
    if (first.includes(name)) continue
    all ??= first.slice()
    all.push(name)
  }
  return all ?? first
}

function contextKey(c: Context): string {
  return keyOf(c.episode, c.conversation, c.run, c.step, c.stepRank, c.policyVersion, c.reward, c.boxHints)
}

function keyOf(
  episode: string | undefined,
  conversation: string | undefined,
  run: string | undefined,
  step: number | undefined,
  stepRank: number | undefined,
  policyVersion: string | undefined,
  reward: number | undefined,
  boxHints: readonly string[] | undefined,
): string {
  const boxes =
    boxHints === undefined ? '' : boxHints.length === 1 ? part(boxHints[0]) : JSON.stringify(boxHints)
  return `${part(episode)}\n${part(conversation)}\n${part(run)}\n${step ?? ''}:${stepRank ?? ''}\n${part(policyVersion)}\n${reward ?? ''}\n${boxes}`
}

/** No id is empty, and none can pass for two. */
function part(id: string | undefined): string {
  if (id === undefined) return ''
  const first = id.charCodeAt(0)
  return first === 34 || first === 91 || id.includes('\n') ? JSON.stringify(id) : id
}
