// Finds the members of a zip without touching a disk: the caller reads the slices that are asked for here.
//
//   1. `findZipEnd(tail)`            the file's last `zipTailBytes` bytes → where the directory is (or that of ZIP64)
//   2. `readZip64End(slice)`         only when step 1 asks for it
//   3. `readZipDirectory(slice)`     → the members, in the archive's order, and what was refused
//   4. `zipDataOffset(slice)`        a member's local header → where its bytes begin
// Format: PKWARE APPNOTE 6.3. Nothing in a zip is believed: sizes are bounded, members may not overlap, and
// unfolding must stop at the size that a member declares.

export const zipTailBytes = 22 + 65_535 + 20 + 56
/** Largest directory that is read, and most members in it; a zip beyond them is refused. */
export const zipDirectoryBytesMax = 128 * 1024 * 1024
export const zipMembersMax = 500_000
/** Most bytes a member may declare, and most times its compressed size once it is past `zipRatioFreeBytes`. */
export const zipMemberBytesMax = 64 * 1024 ** 3
export const zipRatioMax = 2_000
export const zipRatioFreeBytes = 64 * 1024 * 1024
export const zipLocalHeaderBytes = 30

/** Compression methods that can be opened. */
export type ZipMethod = 'stored' | 'deflate' | 'zstd'

export interface ZipMember {
  readonly name: string
  readonly method: ZipMethod
  readonly compressedBytes: number
  /** As declared: reading stops there. */
  readonly bytes: number
  readonly crc32: number
  /** Where its local header begins in the file. */
  readonly headerOffset: number
}

export interface ZipPlace {
  readonly offset: number
  readonly bytes: number
}

export type ZipEnd =
  | { readonly kind: 'directory'; readonly place: ZipPlace; readonly members: number; readonly shift: number }
  | { readonly kind: 'zip64'; readonly place: ZipPlace }
  | { readonly kind: 'broken'; readonly reason: string }

/**
 * Where the central directory is. `tail` is the end of the file, at most `zipTailBytes`, of a file of `fileBytes`.
 * `shift` is what stands before the archive (a script, another file's bytes); offsets are to be moved by it.
 */
export function findZipEnd(tail: Uint8Array, fileBytes: number): ZipEnd {
  const view = viewOf(tail)
  const tailStart = fileBytes - tail.length
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue
    // The comment must fill the rest exactly, or the signature is part of one.
    if (at + 22 + view.getUint16(at + 20, true) !== tail.length) continue
    if (view.getUint16(at + 4, true) !== 0 && view.getUint16(at + 4, true) !== 0xffff) {
      return broken('the zip is split over several files')
    }
    const members = view.getUint16(at + 10, true)
    const bytes = view.getUint32(at + 12, true)
    const offset = view.getUint32(at + 16, true)
    const locator = at - 20
    if (locator >= 0 && view.getUint32(locator, true) === 0x07064b50) {
      const place = { offset: wide(view, locator + 8), bytes: 56 }
      if (place.offset + 56 > fileBytes) return broken('the ZIP64 end lies beyond the file')
      return { kind: 'zip64', place }
    }
    return directory(offset, bytes, members, tailStart + at)
  }
  return broken('no end of a zip: the file is cut off, or no zip')
}

/** The ZIP64 end of central directory, 56 bytes at the place that `findZipEnd` named. */
export function readZip64End(slice: Uint8Array, place: ZipPlace): ZipEnd {
  const view = viewOf(slice)
  if (slice.length < 56 || view.getUint32(0, true) !== 0x06064b50) return broken('the ZIP64 end is broken')
  return directory(wide(view, 48), wide(view, 40), wide(view, 32), place.offset)
}

function directory(offset: number, bytes: number, members: number, end: number): ZipEnd {
  if (bytes > zipDirectoryBytesMax)
    return broken(`the directory is larger than ${zipDirectoryBytesMax} bytes`)
  if (members > zipMembersMax) return broken(`more than ${zipMembersMax} members`)
  const shift = end - bytes - offset
  if (shift < 0) return broken('the directory lies beyond its own end')
  return { kind: 'directory', place: { offset: offset + shift, bytes }, members, shift }
}

export interface ZipProblem {
  /** Index in the directory, from 1. */
  readonly member: number
  readonly name: string
  readonly reason: string
}

/**
 * The members a directory lists, folders left out. Of several with one name the last stands, as for every zip
 * reader; those that cannot or must not be opened are told in `problems`.
 */
export function readZipDirectory(
  slice: Uint8Array,
  shift: number,
  directoryOffset: number,
): { members: ZipMember[]; problems: ZipProblem[] } {
  const view = viewOf(slice)
  const decoder = new TextDecoder('utf-8')
  const byName = new Map<string, { member: ZipMember; index: number }>()
  const problems: ZipProblem[] = []
  let at = 0
  let index = 0
  while (at + 46 <= slice.length && view.getUint32(at, true) === 0x02014b50) {
    index++
    const nameBytes = view.getUint16(at + 28, true)
    const extraBytes = view.getUint16(at + 30, true)
    const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true)
    if (next > slice.length || index > zipMembersMax) break
    const name = decoder.decode(slice.subarray(at + 46, at + 46 + nameBytes))
    const read = readMember(view, at, name, nameBytes, extraBytes, shift)
    if (typeof read === 'string') problems.push({ member: index, name, reason: read })
    else if (!name.endsWith('/')) {
      if (byName.has(name)) {
        byName.delete(name)
        problems.push({
          member: index,
          name,
          reason: 'takes the place of an earlier member of the same name',
        })
      }
      byName.set(name, { member: read, index })
    }
    at = next
  }
  if (at !== slice.length && at + 46 <= slice.length) {
    problems.push({ member: index + 1, name: '', reason: 'the directory is broken here' })
  }
  return { members: withoutOverlaps([...byName.values()], directoryOffset, problems), problems }
}

function readMember(
  view: DataView,
  at: number,
  name: string,
  nameBytes: number,
  extraBytes: number,
  shift: number,
): ZipMember | string {
  if (view.getUint16(at + 8, true) & 1) return 'encrypted'
  const methods: Readonly<Record<number, ZipMethod>> = { 0: 'stored', 8: 'deflate', 20: 'zstd', 93: 'zstd' }
  const number = view.getUint16(at + 10, true)
  const method = methods[number]
  if (!method) return `compression method ${number} is not known`
  let compressedBytes = view.getUint32(at + 20, true)
  let bytes = view.getUint32(at + 24, true)
  let headerOffset = view.getUint32(at + 42, true)
  // ZIP64: the 64-bit values stand in this order, each only where the 32-bit one is full.
  let extra = at + 46 + nameBytes
  const extraEnd = extra + extraBytes
  while (extra + 4 <= extraEnd) {
    const id = view.getUint16(extra, true)
    const size = view.getUint16(extra + 2, true)
    let value = extra + 4
    const end = Math.min(value + size, extraEnd)
    extra = value + size
    if (id !== 1) continue
    const take = (now: number) => {
      if (now !== 0xffffffff || value + 8 > end) return now
      value += 8
      return wide(view, value - 8)
    }
    bytes = take(bytes)
    compressedBytes = take(compressedBytes)
    headerOffset = take(headerOffset)
  }
  if (method === 'stored' && bytes !== compressedBytes) return 'stored, with two different sizes'
  if (bytes > zipMemberBytesMax) return `larger than ${zipMemberBytesMax} bytes`
  if (bytes > zipRatioFreeBytes && bytes > compressedBytes * zipRatioMax) {
    return `unfolds to more than ${zipRatioMax} times its size`
  }
  const crc32 = view.getUint32(at + 16, true)
  return { name, method, compressedBytes, bytes, crc32, headerOffset: headerOffset + shift }
}

/** Bombs let many members share the same bytes. In archive order; each must end before the next begins. */
function withoutOverlaps(
  found: { readonly member: ZipMember; readonly index: number }[],
  directoryOffset: number,
  problems: ZipProblem[],
): ZipMember[] {
  found.sort((a, b) => a.member.headerOffset - b.member.headerOffset)
  const members: ZipMember[] = []
  let free = 0
  for (const { member, index } of found) {
    const end = member.headerOffset + zipLocalHeaderBytes + member.compressedBytes
    if (member.headerOffset < free) {
      problems.push({ member: index, name: member.name, reason: 'overlaps another member' })
    } else if (end > directoryOffset) {
      problems.push({ member: index, name: member.name, reason: 'lies beyond the directory' })
    } else {
      members.push(member)
      free = end
    }
  }
  return members
}

/** Where a member's compressed bytes begin; `slice` is its local header, `zipLocalHeaderBytes` long. */
export function zipDataOffset(slice: Uint8Array, member: ZipMember): number | undefined {
  const view = viewOf(slice)
  if (slice.length < zipLocalHeaderBytes || view.getUint32(0, true) !== 0x04034b50) return undefined
  return member.headerOffset + zipLocalHeaderBytes + view.getUint16(26, true) + view.getUint16(28, true)
}

/** 64 bits; beyond 2^53 no file reaches, and the bounds above refuse it. */
function wide(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function broken(reason: string): ZipEnd {
  return { kind: 'broken', reason }
}
