// The few candidates that a line lists, looked at again when it is written, so that the many need not be kept.

import type { CandidateInput, Candidates } from './candidates.ts'
import type { Model, Scene } from './model.ts'
import { questionsOf } from './questions.ts'
import { type Rates, type Scorer, scorer } from './scorer.ts'

export interface Listed {
  /** The scene with the chosen calls as the only candidates, and their rates among as many as there were. */
  readonly scene: Scene
  readonly scores: Scorer
  /** Turns to unit u and those of the calls that are candidates of it. */
  choose(u: number, calls: readonly number[]): void
}

/** `scores` has been through all units once: it knows what sessions were begun by. */
export function listedCandidates(
  input: CandidateInput,
  full: Scene,
  model: Model,
  scores: { readonly launchCall: Int32Array; readonly launchP: Float64Array },
  candidatesMax: number,
): Listed {
  const { units } = input
  const questions = questionsOf(input)
  const sizes = new Uint32Array(full.n)
  for (let u = 0; u < full.n; u++) sizes[u] = full.candidates.start[u + 1]! - full.candidates.start[u]!
  const start = new Float64Array(full.n + 1)
  const columns = {
    call: new Uint32Array(candidatesMax),
    bin: new Uint8Array(candidatesMax),
    lastBin: new Uint8Array(candidatesMax),
    level: new Uint8Array(candidatesMax),
  }
  const candidates: Candidates = {
    ...columns,
    start,
    first: 0,
    last: full.n,
    base: 0,
    perUnit: sizes,
    pairs: 0,
    load: () => {},
    only: () => candidates,
    moved: () => candidates,
  }
  const scene = { ...full, candidates }
  const own = scorer(scene, model, scores)
  let chosen = 0

  function choose(u: number, calls: readonly number[]): void {
    start.fill(0, chosen, chosen + 2)
    chosen = u
    // Nobody's: what a record names by itself needs no rates.
    if (units.group[u]! < 0) return
    questions.ask(u, units.from[u]!, units.to[u]!)
    const further: number[] = []
    questions.further((j) => further.push(j))
    let size = 0
    for (const j of calls) {
      if (size === candidatesMax || (!questions.meets(j) && !further.includes(j))) continue
      columns.call[size] = j
      columns.bin[size] = questions.bin(j)
      columns.lastBin[size] = questions.lastBin(j)
      columns.level[size++] = questions.level(j)
    }
    // No call has this number: what an earlier unit left must not be found.
    columns.call.fill(0xffff_ffff, size)
    start[u + 1] = size
  }
  function rates(u: number): Rates {
    const answer = own.rates(u)
    answer.size = sizes[u]!
    return answer
  }
  return { scene, scores: { ...own, rates }, choose }
}
