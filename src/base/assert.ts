/** Thrown when Vigiles itself is wrong; the CLI turns it into exit code 70. */
export class AssertionError extends Error {
  override name = 'AssertionError'
}

/** States an invariant in words. Throws {@link AssertionError} when it does not hold. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(invariant)
}
