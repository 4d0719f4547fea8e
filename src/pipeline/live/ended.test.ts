import { describe, expect, it } from 'vitest'
import { endOf } from './ended.ts'

describe('how a command ended', () => {
  it.each([
    [0, null],
    [7, null],
    [127, null],
    [128, null],
    [130, 'SIGINT'],
    [134, 'SIGABRT'],
    [137, 'SIGKILL'],
    [139, 'SIGSEGV'],
    [143, 'SIGTERM'],
    // Nothing ends by being continued or resized.
    [128 + 18, null],
    [128 + 28, null],
    [255, null],
  ])('with %i: signal %s', (exitCode, signal) => {
    expect(endOf({ exitCode, signal: null })).toEqual({ exitCode, signal })
  })

  it('as what waited for it was killed: there is no code', () => {
    expect(endOf({ exitCode: null, signal: 'SIGKILL' })).toEqual({ exitCode: null, signal: 'SIGKILL' })
  })
})
