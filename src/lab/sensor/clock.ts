// The firewall's clock is not the agents': it is ahead by a constant and runs a little fast.

export interface SensorClock {
  readonly offsetMs: number
  readonly driftPpm: number
  /** Where the drift is zero, µs since the epoch. */
  readonly fromUs: number
}

/** What the sensor's clock shows at a true instant, µs. */
export function shown(clock: SensorClock, us: number): number {
  return Math.round(us + clock.offsetMs * 1000 + (us - clock.fromUs) * clock.driftPpm * 1e-6)
}
