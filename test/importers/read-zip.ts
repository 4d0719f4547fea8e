// Opens a zip that is wholly in memory, for importers of archives.

import { inflateRawSync } from 'node:zlib'
import { Decompress } from 'fzstd'
import {
  findZipEnd,
  readZip64End,
  readZipDirectory,
  type ZipMember,
  zipDataOffset,
  zipLocalHeaderBytes,
  zipTailBytes,
} from '../../src/base/zip.ts'
import { ZstdFrames } from '../../src/base/zstd-frames.ts'
import type { ArchiveImporter, FileInfo, Sink } from '../../src/importers/api.ts'
import { memberReader } from '../../src/importers/read.ts'

export function zipMembers(bytes: Uint8Array): { members: ZipMember[]; problems: string[] } {
  const tail = bytes.subarray(Math.max(0, bytes.length - zipTailBytes))
  let end = findZipEnd(tail, bytes.length)
  if (end.kind === 'zip64') {
    const { offset, bytes: size } = end.place
    end = readZip64End(bytes.subarray(offset, offset + size), end.place)
  }
  if (end.kind !== 'directory')
    return { members: [], problems: [end.kind === 'broken' ? end.reason : 'ZIP64'] }
  const { offset, bytes: size } = end.place
  const { members, problems } = readZipDirectory(bytes.subarray(offset, offset + size), end.shift, offset)
  return { members, problems: problems.map(({ name, reason }) => `${name}: ${reason}`) }
}

/** The member's content; a text when it cannot be opened. */
export function zipContent(bytes: Uint8Array, member: ZipMember): Uint8Array | string {
  const from = zipDataOffset(
    bytes.subarray(member.headerOffset, member.headerOffset + zipLocalHeaderBytes),
    member,
  )
  if (from === undefined) return 'the local header is broken'
  const data = bytes.subarray(from, from + member.compressedBytes)
  try {
    if (member.method === 'stored') return data
    if (member.method === 'deflate') return inflateRawSync(data, { maxOutputLength: member.bytes + 1 })
    const problem = new ZstdFrames().chunk(data)
    if (problem) return problem
    const parts: Uint8Array[] = []
    const decoder = new Decompress((part) => parts.push(part))
    decoder.push(data, true)
    return Buffer.concat(parts)
  } catch (error) {
    return String(error)
  }
}

export function readZip(
  importer: ArchiveImporter,
  sink: Sink,
  file: FileInfo,
  bytes: Uint8Array,
  chunkBytes: number,
) {
  const reader = importer.start(sink, file)
  const { members, problems } = zipMembers(bytes)
  for (const problem of problems) sink.reject(1, problem, '')
  for (const member of members) {
    const target = memberReader(importer, reader, sink, member.name)
    if (!target) continue
    const content = zipContent(bytes, member)
    if (typeof content === 'string') {
      sink.reject(1, `${member.name}: ${content}`, '')
      continue
    }
    for (let at = 0; at < content.length; at += chunkBytes)
      target.chunk(content.subarray(at, at + chunkBytes))
    target.end()
  }
  reader.end()
}
