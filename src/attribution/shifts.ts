// What the tests against events moved in time share: what they are handed, how far events move, and sums.

import type { Scene } from './fit.ts'
import type { Posterior } from './posterior.ts'
import type { Units } from './sessions.ts'
import type { TargetIndex } from './targets.ts'

export interface TestInput {
  readonly scene: Scene
  readonly units: Units
  readonly targets: TargetIndex
  readonly post: Posterior
  readonly split: Float64Array
  /** 1 for connections that some alarm or block is about; when there is none all count. */
  readonly alarm: Uint8Array
  /** Text id of the rule of each unit, 0 none; text id of each call's episode. */
  readonly rule: Uint32Array
  readonly episode: Uint32Array
  readonly usable: (j: number) => boolean
  /** 1 for boxes of the topology that are sandboxes, not hosts; 1 for boxes whose trace does not say where it ran. */
  readonly sandboxes: Uint8Array
  readonly assumedBox: Uint8Array
  readonly topologyGiven: boolean
  /** Whether every clock in use is aligned; if not, its offset was sought in the same data, which is paid for. */
  readonly aligned: boolean
}

/** Smallest shift: far beyond the lag of any effect. Short cases are shifted by a sixth of their length instead. */
const shiftMinUs = 30e6

export function smallestShift(rangeUs: number): number {
  return Math.min(shiftMinUs, rangeUs / 6)
}

export function exceeds(nulls: Float64Array, observed: number): number {
  let n = 0
  for (const v of nulls) if (v >= observed - 1e-12) n++
  return (1 + n) / (1 + nulls.length)
}

export function total(members: readonly number[], values: Float64Array): number {
  let s = 0
  for (const k of members) s += values[k]!
  return s
}

export function sum(values: Float64Array): number {
  let s = 0
  for (const v of values) s += v
  return s
}

export function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : sum(values) / values.length
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
