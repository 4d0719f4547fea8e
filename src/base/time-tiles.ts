// How time and lanes are cut into tiles. Server and page have to agree on it to the µs.

/** A tile of level `n` has this many buckets of 2^n µs. */
export const bucketsPerTile = 512
/** Lanes of one tile: those from `block * lanesPerBlock`. */
export const lanesPerBlock = 32
/** 2^42 µs are 52 days a bucket, 71 years a tile: nothing is wider. */
export const levelMax = 42

export function bucketUs(level: number): number {
  return 2 ** level
}

export function tileUs(level: number): number {
  return bucketsPerTile * 2 ** level
}

/** The tile that holds an instant; its span is [column · tileUs, (column + 1) · tileUs). */
export function columnOf(level: number, us: number): number {
  return Math.floor(us / tileUs(level))
}

/** The finest level whose buckets are at least as wide as `us`. */
export function levelFor(us: number): number {
  return Math.max(0, Math.min(levelMax, Math.ceil(Math.log2(Math.max(1, us)))))
}
