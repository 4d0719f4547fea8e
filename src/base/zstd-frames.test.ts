import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ZstdFrames } from './zstd-frames.ts'

/** "abcabc…" and friends as raw and repeated blocks: frames by hand, RFC 8878 section 3.1. */
function frame({
  window = 0x58,
  blocks = [[0x01, 0, 0]],
  descriptor = 0,
  extra = [] as number[],
} = {}): number[] {
  return [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ...extra, ...blocks.flat()]
}

it('walks frames, skippable frames, checksums and repeated bytes, however they are cut', () => {
  const bytes = new Uint8Array([
    ...frame({
      blocks: [
        [0x10, 0, 0, 1, 2],
        [0x43, 0x0f, 0, 7],
      ],
    }),
    ...[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9],
    ...frame({ descriptor: 4, blocks: [[0x01, 0, 0, 1, 2, 3, 4]] }),
    ...frame(),
  ])
  for (let cut = 1; cut <= bytes.length; cut++) {
    const frames = new ZstdFrames()
    for (let at = 0; at < bytes.length; at += cut) {
      expect(frames.chunk(bytes.subarray(at, at + cut))).toBeUndefined()
    }
    expect(frames.frames).toBe(3)
  }
})

it('stops before a frame that asks for gigabytes, also behind a harmless one', () => {
  const greedy = frame({ window: 0xa8 })
  expect(new ZstdFrames().chunk(new Uint8Array(greedy))).toContain('window of 2147483648 bytes')
  expect(new ZstdFrames().chunk(new Uint8Array([...frame(), ...greedy]))).toContain('window')
  const single = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0x40, 0, 0, 0, 0]
  expect(new ZstdFrames().chunk(new Uint8Array(single))).toContain('window of 1073741824 bytes')
})

it('accepts what zstd itself wrote into a log', () => {
  const file = new URL('../../fixtures/importers/inspect-eval/chunked-zstd.eval', import.meta.url)
  const zip = readFileSync(file)
  const at = zip.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
  const size = zip.readUInt32LE(18)
  expect(new ZstdFrames().chunk(new Uint8Array(zip.subarray(at, at + size)))).toBeUndefined()
})

it('says how much stood before what is wrong', () => {
  const good = frame({ blocks: [[0x11, 0, 0, 1, 2]] })
  const bytes = new Uint8Array([...good, ...new TextEncoder().encode('garbage')])
  for (let cut = 1; cut <= bytes.length; cut++) {
    const frames = new ZstdFrames()
    for (let at = 0; at < bytes.length; at += cut) frames.chunk(bytes.subarray(at, at + cut))
    expect(frames.goodBytes).toBe(good.length)
  }
})

it('refuses what is no frame', () => {
  expect(new ZstdFrames().chunk(new TextEncoder().encode('{"a":1}'))).toBe('not a zstd frame')
})
