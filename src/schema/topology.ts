// Which sandbox was behind which addresses, when.

export interface NatRange {
  readonly ip: string
  /** Inclusive port range; absent = every port of the address. */
  readonly portStart?: number
  readonly portEnd?: number
}

export interface TopologyEntry {
  readonly box: string
  /** Other names of the same box (container id, pod name), so that traces can be joined. */
  readonly aliases?: readonly string[]
  readonly host?: string
  readonly ip: readonly string[]
  readonly nat: readonly NatRange[]
  /** Validity, µs since the epoch; absent = open. */
  readonly fromUs?: number
  readonly toUs?: number
  readonly line: number
}
