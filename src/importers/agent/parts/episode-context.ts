// What stands on one span about its episode (trainer step, reward, policy…) holds for all spans below it, and
// spans are written children first. So calls wait, bounded, until their ancestors have been seen.

import { BoundedMap } from '../../../base/bounded-map.ts'
import type { Time } from '../../../base/time.ts'
import type { EpisodeRecord, ToolCall } from '../../../schema/tool-call.ts'
import type { Sink } from '../../api.ts'
import { Generations } from './generations.ts'
import type { Resource } from './otlp-resources.ts'
import type { Attributes } from './span-attributes.ts'
import { slot } from './telemetry-roles.ts'
import type { Draft } from './values.ts'

/** What one span says about the episode it belongs to. */
export interface Context {
  episode?: string
  conversation?: string
  run?: string
  step?: number
  /** Rank of the attribute the step came from: a `global_step` far above beats a `step` close by. */
  stepRank?: number
  policyVersion?: string
  reward?: number
  boxHints?: readonly string[]
}

/** What attributes say of their episode; undefined when nothing. */
export function contextOf(attributes: Attributes): Context | undefined {
  let own: Context | undefined
  const episode = attributes.id(slot.episode)
  if (episode !== undefined) own = { episode }
  const conversation = attributes.id(slot.conversation)
  if (conversation !== undefined) {
    own ??= {}
    own.conversation = conversation
  }
  const run = attributes.id(slot.run)
  if (run !== undefined) {
    own ??= {}
    own.run = run
  }
  const step = attributes.index(slot.step)
  if (step !== undefined) {
    own ??= {}
    own.step = step
    own.stepRank = attributes.rank(slot.step)
  }
  const policyVersion = attributes.id(slot.policyVersion)
  if (policyVersion !== undefined) {
    own ??= {}
    own.policyVersion = policyVersion
  }
  const reward = attributes.number(slot.reward)
  if (reward !== undefined) {
    own ??= {}
    own.reward = reward
  }
  const boxHints = attributes.boxHints()
  if (boxHints !== undefined) {
    own ??= {}
    own.boxHints = boxHints
  }
  return own
}

/** When the span of an episode began and ended. */
interface Window {
  start?: Time
  end?: Time
  line: number
}

interface Waiting {
  readonly what: Draft<ToolCall> | Window
  readonly own: Context
  readonly parent: string | undefined
  readonly trace: string | undefined
  readonly resource: Resource
}

/** Spans remembered for their ancestry, calls that wait, episodes in the making. */
const spansMax = 131_072
const waitingMax = 65_536
const episodesMax = 65_536
const ancestorsMax = 64

const episodeRowSkip = 'joined into its episode'

export class EpisodeContexts {
  readonly #sink: Sink
  // The parent's id, or more when the span says something of its episode.
  readonly #spans = new Generations<string | { readonly parent: string; readonly own: Context }>(spansMax)
  /** What spans of a trace say when all agree; `null` when the trace holds several episodes. */
  readonly #traces = new Generations<Context | null>(spansMax)
  #older: Waiting[] = []
  #younger: Waiting[] = []
  readonly #episodes: BoundedMap<string, Draft<EpisodeRecord>>

  constructor(sink: Sink) {
    this.#sink = sink
    this.#episodes = new BoundedMap(episodesMax, (_, record) => sink.episode(record))
  }

  /** True when this span was seen before (an exporter's retry). */
  seen(span: string): boolean {
    return this.#spans.hasYoung(span)
  }

  /** Every span, in file order; `own` when it says anything about its episode. */
  span(span: string, parent: string | undefined, trace: string | undefined, own: Context | undefined): void {
    this.#spans.set(span, own ? { parent: parent ?? '', own } : (parent ?? ''))
    if (!own || trace === undefined) return
    const before = this.#traces.get(trace)
    if (before === null) return
    if (before === undefined) this.#traces.set(trace, { ...own })
    else if (differ(before.episode, own.episode) || differ(before.conversation, own.conversation)) {
      this.#traces.set(trace, null)
    } else inherit(before, own)
  }

  /** A call, or (without a name) the window of a span that speaks of its episode. */
  add(
    what: Draft<ToolCall> | Window,
    own: Context,
    parent: string | undefined,
    trace: string | undefined,
    resource: Resource,
  ): void {
    this.#younger.push({ what, own, parent, trace, resource })
    if (this.#younger.length < waitingMax / 2) return
    this.#release(this.#older)
    this.#older = this.#younger
    this.#younger = []
  }

  end(): void {
    this.#release(this.#older)
    this.#release(this.#younger)
    this.#older = []
    this.#younger = []
    for (const record of this.#episodes.values()) this.#sink.episode(record)
  }

  #release(all: readonly Waiting[]): void {
    for (const { what, own, parent, trace, resource } of all) {
      this.#resolve(own, parent, trace, resource)
      const episode = own.episode ?? own.conversation ?? trace
      const boxHints = joined(own.boxHints, resource.boxHints)
      if ('name' in what) this.#sink.toolCall(filled(what, own, episode, boxHints))
      else if (episode === trace && trace !== undefined && this.#traces.get(trace) === null) {
        this.#sink.skip('above several episodes') // What it says has reached them.
      } else this.#merge(episode, own, what, boxHints)
    }
  }

  #resolve(own: Context, parent: string | undefined, trace: string | undefined, resource: Resource): void {
    let id = parent
    for (let depth = 0; id && depth < ancestorsMax; depth++) {
      const node = this.#spans.get(id)
      if (node === undefined) break
      if (typeof node === 'string') id = node
      else {
        inherit(own, node.own)
        if (node.own.boxHints) own.boxHints ??= node.own.boxHints
        id = node.parent
      }
    }
    inherit(own, resource.context)
    // The box of another span of the trace may be another box: only what is the episode's is taken.
    const whole = trace === undefined ? undefined : this.#traces.get(trace)
    if (whole) inherit(own, whole)
  }

  #merge(episode: string | undefined, own: Context, window: Window, boxHints: readonly string[]): void {
    if (episode === undefined) {
      this.#sink.skip('no tool call')
      return
    }
    let record = this.#episodes.get(episode)
    if (record) this.#sink.skip(episodeRowSkip)
    else {
      record = { episode, boxHints, line: window.line }
      this.#episodes.set(episode, record)
    }
    if (own.run !== undefined) record.run ??= own.run
    if (own.step !== undefined) record.step ??= own.step
    if (own.policyVersion !== undefined) record.policyVersion ??= own.policyVersion
    if (own.reward !== undefined) record.reward = own.reward // The last one is the episode's.
    if (boxHints.length > record.boxHints.length) record.boxHints = boxHints
    if (window.start && (!record.start || window.start.us < record.start.us)) record.start = window.start
    if (window.end && (!record.end || window.end.us > record.end.us)) record.end = window.end
  }
}

/** Fills what `own` lacks from a span above it. */
function inherit(own: Context, above: Context): void {
  // A conversation above belongs to another episode when both name one and they differ: nothing is mixed.
  if (own.episode !== undefined && above.episode !== undefined && own.episode !== above.episode) return
  if (above.episode !== undefined) own.episode ??= above.episode
  if (above.conversation !== undefined) own.conversation ??= above.conversation
  if (above.run !== undefined) own.run ??= above.run
  if (above.step !== undefined && (own.step === undefined || (above.stepRank ?? 0) < (own.stepRank ?? 0))) {
    own.step = above.step
    own.stepRank = above.stepRank ?? 0
  }
  if (above.policyVersion !== undefined) own.policyVersion ??= above.policyVersion
  if (above.reward !== undefined) own.reward ??= above.reward
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b
}

function joined(first: readonly string[] | undefined, then: readonly string[]): readonly string[] {
  if (!first) return then
  let all: string[] | undefined
  for (const name of then) {
    if (first.includes(name)) continue
    all ??= first.slice()
    all.push(name)
  }
  return all ?? first
}

function filled(
  call: Draft<ToolCall>,
  own: Context,
  episode: string | undefined,
  boxHints: readonly string[],
): ToolCall {
  if (episode !== undefined) call.episode = episode
  if (own.run !== undefined) call.run = own.run
  if (own.step !== undefined) call.step = own.step
  if (own.policyVersion !== undefined) call.policyVersion = own.policyVersion
  if (own.reward !== undefined) call.reward = own.reward
  call.boxHints = boxHints
  return call
}
