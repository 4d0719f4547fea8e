// Opens a zip of JSON documents and hands its members to an archive importer.

import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import {
  findZipEnd,
  readZip64End,
  readZipDirectory,
  type ZipMember,
  type ZipProblem,
  zipDataOffset,
  zipLocalHeaderBytes,
  zipTailBytes,
} from '../base/zip.ts'
import type { ArchiveImporter, FileInfo, Sink } from '../importers/api.ts'
import { memberReader } from '../importers/read.ts'
import { inflateRaw, unzstd } from './decompress.ts'
import { readChunks } from './inputs.ts'

/** Names that recognition is shown. */
const namesMax = 1_000

/** The first names in the zip, in the archive's order; undefined when its directory can't be read. */
export function archiveNames(absolute: string): string[] | undefined {
  const directory = readDirectory(absolute)
  return typeof directory === 'string'
    ? undefined
    : directory.members.slice(0, namesMax).map(({ name }) => name)
}

/**
 * Reads every member that the importer wants, in the archive's order. Members that cannot be opened are refused,
 * the others are still read. Returns why nothing could be read, if so.
 */
export async function readArchive(
  importer: ArchiveImporter,
  absolute: string,
  sink: Sink,
  file: FileInfo,
  onBytes: (bytes: number) => void,
): Promise<string | undefined> {
  const directory = readDirectory(absolute)
  if (typeof directory === 'string') return directory
  for (const { name, reason } of directory.problems) {
    if (name === '' || importer.itemsOf(name)) sink.reject(0, `${name || 'zip'}: ${reason}`, '')
  }
  const reader = importer.start(sink, file)
  for (const member of directory.members) {
    const target = memberReader(importer, reader, sink, member.name)
    if (!target) {
      onBytes(member.compressedBytes)
      continue
    }
    try {
      for await (const chunk of memberChunks(absolute, member, onBytes)) target.chunk(chunk)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      sink.reject(0, `${member.name}: ${why}; what stands before that was read`, '')
    }
    target.end()
  }
  reader.end()
  return undefined
}

function readDirectory(absolute: string): { members: ZipMember[]; problems: ZipProblem[] } | string {
  const bytes = statSync(absolute).size
  const tail = slice(absolute, Math.max(0, bytes - zipTailBytes), zipTailBytes)
  let end = findZipEnd(tail, bytes)
  if (end.kind === 'zip64') end = readZip64End(slice(absolute, end.place.offset, end.place.bytes), end.place)
  if (end.kind !== 'directory') return end.kind === 'broken' ? end.reason : 'the ZIP64 end is broken'
  const { offset, bytes: size } = end.place
  return readZipDirectory(slice(absolute, offset, size), end.shift, offset)
}

function slice(absolute: string, offset: number, bytes: number): Uint8Array {
  const fd = openSync(absolute, 'r')
  try {
    const buffer = new Uint8Array(bytes)
    let at = 0
    while (at < bytes) {
      const got = readSync(fd, buffer, at, bytes - at, offset + at)
      if (got === 0) break
      at += got
    }
    return buffer.subarray(0, at)
  } finally {
    closeSync(fd)
  }
}

/** Content of a member, never more than it declares. Throws where it is broken. */
async function* memberChunks(
  absolute: string,
  member: ZipMember,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const from = zipDataOffset(slice(absolute, member.headerOffset, zipLocalHeaderBytes), member)
  if (from === undefined) throw new Error('its local header is broken')
  const folded = counted(readChunks(absolute, from, from + member.compressedBytes), onBytes)
  let bytes = 0
  let sum = 0
  for await (const chunk of unfolded(member, folded)) {
    bytes += chunk.length
    if (bytes > member.bytes) throw new Error('it unfolds to more than it declares')
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (bytes < member.bytes) throw new Error('it is cut off')
  if (sum !== member.crc32) throw new Error('its checksum does not fit')
}

function unfolded(
  member: ZipMember,
  chunks: Iterable<Uint8Array>,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  switch (member.method) {
    case 'stored':
      return chunks
    case 'deflate':
      return inflateRaw(chunks)
    case 'zstd':
      return unzstd(chunks)
  }
}

function* counted(chunks: Iterable<Uint8Array>, onBytes: (bytes: number) => void): Generator<Uint8Array> {
  for (const chunk of chunks) {
    yield chunk
    onBytes(chunk.length)
  }
}
