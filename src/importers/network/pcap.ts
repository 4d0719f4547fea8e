// libpcap's own capture format, what `tcpdump -w` writes.
//
//   d4c3b2a1 0200 0400 thiszone sigfigs snaplen linktype      file header, in the writer's byte order
//   seconds fraction captured-length wire-length bytes…       each record
//
// The magic number tells byte order and resolution: a1b2c3d4 µs, a1b23c4d ns, a1b2cd34 a variant with 8 more bytes
// in each record header.

import { defineBytesImporter, type FileInfo, type Sink } from '../api.ts'
import { Capture, recordBytesMax } from './pcap-capture.ts'
import { Records } from './pcap-records.ts'

interface Layout {
  readonly littleEndian: boolean
  readonly nanoseconds: boolean
  readonly recordHeaderBytes: number
  readonly linkType: number
}

const fileHeaderBytes = 24

export const pcap = defineBytesImporter({
  id: 'pcap',
  name: 'Packet capture, pcap (tcpdump)',
  family: 'network',
  documentation: 'https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html',
  recognises: (head) => readLayout(head.bytes) !== undefined,
  start: (sink, file) => startPcap(sink, file),
})

function startPcap(sink: Sink, file: FileInfo): { chunk(bytes: Uint8Array): void; end(): void } {
  const capture = new Capture(sink, file)
  const records = new Records()
  let layout: Layout | undefined
  let broken = false

  function take(bytes: Uint8Array): number {
    if (broken) return bytes.length
    let at = 0
    if (!layout) {
      if (bytes.length < fileHeaderBytes) return 0
      layout = readLayout(bytes)
      if (!layout) return giveUp('not a pcap file header; nothing in the file was read', bytes, 0)
      at = fileHeaderBytes
    }
    const { littleEndian, nanoseconds, recordHeaderBytes, linkType } = layout
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    while (at + recordHeaderBytes <= bytes.length) {
      const captured = view.getUint32(at + 8, littleEndian)
      if (captured > recordBytesMax) {
        return giveUp(`record of ${captured} bytes; the rest of the file was not read`, bytes, at)
      }
      const start = at + recordHeaderBytes
      if (start + captured > bytes.length) break
      const fraction = view.getUint32(at + 4, littleEndian)
      const seconds = view.getUint32(at, littleEndian)
      const time = nanoseconds
        ? {
            us: seconds * 1e6 + Math.floor(fraction / 1000),
            restNs: fraction % 1000,
            spanUs: 1,
            digits: 9,
          }
        : { us: seconds * 1e6 + fraction, restNs: 0, spanUs: 1, digits: 6 }
      at = start + captured
      capture.record(
        linkType,
        time,
        bytes.subarray(start, at),
        view.getUint32(start - recordHeaderBytes + 12, littleEndian),
      )
    }
    return at
  }

  function giveUp(reason: string, bytes: Uint8Array, at: number): number {
    broken = true
    capture.refuse(reason, bytes.subarray(at))
    return bytes.length
  }

  return {
    chunk: (bytes) => records.push(bytes, take),
    end() {
      if (records.waiting.length > 0) capture.refuse('the file ends within this record', records.waiting)
      capture.end()
    },
  }
}

function readLayout(bytes: Uint8Array): Layout | undefined {
  if (bytes.length < fileHeaderBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian)
    if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d && magic !== 0xa1b2cd34) continue
    return {
      littleEndian,
      nanoseconds: magic === 0xa1b23c4d,
      recordHeaderBytes: magic === 0xa1b2cd34 ? 24 : 16,
      // The upper half holds the length of frame check sequences.
      linkType: view.getUint32(20, littleEndian) & 0xffff,
    }
  }
  return undefined
}
