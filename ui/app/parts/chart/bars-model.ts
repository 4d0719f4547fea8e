// Counts per bin as rectangles, and which instants a brush covers.

export interface Bin {
  readonly us: number
  /** From the ground up, in the order of the series. */
  readonly counts: readonly number[]
}

export interface Scale {
  readonly fromUs: number
  readonly stepUs: number
  readonly bins: number
  readonly max: number
}

/** The whole axis from the first bin to the last, empty ones included; at most `binsMax`, the oldest left out. */
export function scaleOf(
  fromUs: number,
  toUs: number,
  stepUs: number,
  bins: readonly Bin[],
  binsMax = 1_500,
): Scale {
  const wanted = Math.max(1, Math.ceil((toUs - fromUs) / stepUs))
  const count = Math.min(binsMax, wanted)
  const start = fromUs + (wanted - count) * stepUs
  const max = Math.max(1, ...bins.map(({ counts }) => counts.reduce((sum, n) => sum + n, 0)))
  return { fromUs: start, stepUs, bins: count, max }
}

/** Index of the bin of an instant; it may lie outside. */
export function binAt({ fromUs, stepUs }: Scale, us: number): number {
  return Math.floor((us - fromUs) / stepUs)
}

/** The instants that a brush over a share of the width covers, widened to whole bins: 0 is the left edge, 1 the right. */
export function brushed(scale: Scale, share: number, otherShare: number): { fromUs: number; toUs: number } {
  const at = (x: number) => Math.max(0, Math.min(1, x)) * scale.bins
  const first = Math.floor(Math.min(at(share), at(otherShare)))
  const last = Math.ceil(Math.max(at(share), at(otherShare)))
  return {
    fromUs: scale.fromUs + first * scale.stepUs,
    toUs: scale.fromUs + Math.max(first + 1, last) * scale.stepUs,
  }
}
