// Printed probabilities must sum to 1 to the last digit, or somebody's check of ours fails for no reason.

/**
 * Rounds shares of a whole to `digits` decimals so that the printed numbers sum to exactly 1 (largest remainder;
 * ties go to the earlier one). Values that do not sum to 1 are first scaled; all zero gives the last one 1.
 */
export function roundedShares(values: ArrayLike<number>, digits = 6): number[] {
  const unit = 10 ** digits
  const n = values.length
  let sum = 0
  for (let k = 0; k < n; k++) sum += positive(values[k]!)
  if (n === 0) return []
  const whole = new Array<number>(n).fill(0)
  const rest = new Array<number>(n).fill(0)
  let left = unit
  for (let k = 0; k < n; k++) {
    const exact = sum > 0 ? (positive(values[k]!) / sum) * unit : k === n - 1 ? unit : 0
    whole[k] = Math.floor(exact)
    rest[k] = exact - whole[k]!
    left -= whole[k]!
  }
  if (left > n) {
    // A sum beyond all numbers: every share rounds to nothing, and all is left to hand out.
    const order = rest.map((_, k) => k).sort((a, b) => rest[b]! - rest[a]! || a - b)
    for (let k = 0; left > 0; k = (k + 1) % n, left--) whole[order[k]!]!++
  }
  for (; left > 0; left--) {
    let largest = 0
    for (let k = 1; k < n; k++) if (rest[k]! > rest[largest]!) largest = k
    whole[largest]!++
    rest[largest] = -1
  }
  for (let k = 0; k < n; k++) whole[k] = whole[k]! / unit
  return whole
}

function positive(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : 0
}
