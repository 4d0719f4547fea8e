// A policy from a few words, and the asks that tests of `decide` begin with.

import { expect } from 'vitest'
import { type CompiledPolicy, compilePolicy } from '../src/policy/compile.ts'
import { parsePolicy } from '../src/policy/parse.ts'
import type { Ask } from '../src/schema/ask.ts'

/** Fails the test when the policy has an error. */
export function policyOf(policy: object, hostAddresses: string[] = []): CompiledPolicy {
  const read = parsePolicy({ version: 1, ...policy }, 'p')
  expect(read.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return compilePolicy(read.policy!, { hostAddresses })
}

export function tlsAsk(names: Partial<Ask>): Ask {
  return { stage: 'bytes', port: 443, layers: ['tls'], ...names }
}
