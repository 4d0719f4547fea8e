// Classic BPF as seccomp runs it: `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }` over `struct seccomp_data
// { int nr; u32 arch; u64 instruction_pointer; u64 args[6] }`.

import { assert } from '../base/assert.ts'

export interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const LD_W_ABS = 0x20
const JEQ_K = 0x15
const JGE_K = 0x35
const JSET_K = 0x45
const RET_K = 0x06

/** Offsets in `seccomp_data`. */
export const offsets = {
  number: 0,
  architecture: 4,
  /** The low half of an argument: what the kernel looks at for an `int`. Both architectures here are little-endian. */
  argument: (index: number) => 16 + 8 * index,
} as const

export const allow = 0x7fff0000
export const errno = (code: number) => 0x00050000 | code

export function load(offset: number): Instruction {
  return { code: LD_W_ABS, jt: 0, jf: 0, k: offset }
}

export function give(action: number): Instruction {
  return { code: RET_K, jt: 0, jf: 0, k: action }
}

/** Runs `then` when the loaded word fits, else goes on behind it. */
export function when(
  test: 'equal' | 'at-least' | 'any-bit',
  value: number,
  then: readonly Instruction[],
): Instruction[] {
  assert(then.length <= 255, 'a conditional jump reaches 255 instructions')
  const code = test === 'equal' ? JEQ_K : test === 'at-least' ? JGE_K : JSET_K
  return [{ code, jt: 0, jf: then.length, k: value >>> 0 }, ...then]
}

/** Runs `then` unless the loaded word is one of `values`; goes on behind it when it is. */
export function unlessOneOf(values: readonly number[], then: readonly Instruction[]): Instruction[] {
  return values.flatMap((value, i) => [
    {
      code: JEQ_K,
      jt: values.length - 1 - i + then.length,
      jf: 0,
      k: value >>> 0,
    },
    ...(i === values.length - 1 ? then : []),
  ])
}

const instructionsMax = 4096

/** The bytes that bubblewrap's `--seccomp` reads. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  assert(program.length <= instructionsMax, 'the kernel takes 4096 instructions')
  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    view.setUint16(i * 8, code, true)
    view.setUint8(i * 8 + 2, jt)
    view.setUint8(i * 8 + 3, jf)
    view.setUint32(i * 8 + 4, k >>> 0, true)
  }
  return bytes
}
