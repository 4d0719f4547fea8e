import { expect, it } from 'vitest'
import { denyAll } from './deny-all.ts'
import { parsePolicy } from './parse.ts'

it('denies as a policy does that says nothing', () => {
  expect(denyAll).toEqual(parsePolicy({ version: 1 }, 'policy').policy)
})
