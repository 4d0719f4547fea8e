// What the model looks at, and what it is.

import type { Candidates } from './candidates.ts'

/** Everything the model looks at, whatever produced it (the case, or decoys made from it). */
export interface Scene {
  readonly n: number
  readonly from: Float64Array
  readonly to: Float64Array
  readonly doubt: Float64Array
  readonly group: Int32Array
  /** Dense index of the destination. */
  readonly mark: Uint32Array
  readonly markCount: number
  /** Text id of each destination. */
  readonly markText: readonly number[]
  /** Share of the unit's destination among those with its port; what a bare port in a command is worth. */
  readonly portShare: Float64Array
  /** 1 where at most a few calls name the destination: what many name proves no lasting work. */
  readonly rare: Uint8Array
  /** Unit that this one may continue, -1 none, and its session. */
  readonly previous: Int32Array
  readonly session: Int32Array
  readonly sessionCount: number
  readonly candidates: Candidates
  readonly callStart: Float64Array
  readonly callEnd: Float64Array
  readonly callSlack: Float64Array
  readonly callUntil: Float64Array
  /** Dense index of how a call behaves (tool class, what it names, whether it leaves work behind). */
  readonly callClass: Uint16Array
  readonly classCount: number
  /** Names each of these ways the same in every case. */
  readonly classKey: readonly number[]
  /** 1 where calls of the class leave work behind. */
  readonly classLeaves: Uint8Array
  /** Targets of call j at level l: [j * levels + l]. */
  readonly perLevel: Uint16Array
  readonly callBox: Uint32Array
  readonly groups: readonly { readonly boxes: Uint32Array; readonly weight: Float64Array }[]
  readonly coverFrom: number
  readonly coverTo: number
  readonly controls: readonly { readonly fromUs: number; readonly toUs: number }[]
}

export interface Model {
  /** Events per second of a call, by class and bin. */
  readonly h: Float64Array
  /** Events per second of one named target, by match level and bin. */
  readonly g: Float64Array
  /** Which destinations calls that do not name them go to, and which are visited without calls. */
  readonly piCall: Float64Array
  readonly piNone: Float64Array
  /** Events per second without any call, by group. */
  readonly mu: Float64Array
  /** Recurrences per second of a session that has begun. */
  readonly nu: Float64Array
  readonly logLikelihood: number
  readonly iterations: number
  readonly fromControls: boolean
}
