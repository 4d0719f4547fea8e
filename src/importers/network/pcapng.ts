// Wireshark's capture format: blocks, each with its type and its length before and after its content.
//
//   0a0d0d0a length 1a2b3c4d version section-length options length    section header; byte order of what follows
//   00000001 length linktype 0 snaplen options length                 interface; options hold clock and resolution
//   00000006 length interface time-high time-low captured wire bytes  packet ("enhanced")
//
// Records are counted as Wireshark numbers its frames: packet blocks only.

import { u16 as bigEndian16 } from '../../protocols/bytes.ts'
import { defineBytesImporter, type FileInfo, type Sink } from '../api.ts'
import { Capture, type RecordTime, recordBytesMax } from './pcap-capture.ts'
import { Records } from './pcap-records.ts'
import { type Resolution, recordTime, resolutionOf } from './pcap-time.ts'

interface Interface {
  readonly linkType: number
  readonly snapBytes: number
  readonly resolution: Resolution
}

const block = { section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, packet: 6 } as const
/** Larger blocks of the kinds we read are not believed; others are passed over whatever their size. */
const blockBytesMax = recordBytesMax + 65_536
const interfacesMax = 4096

export const pcapng = defineBytesImporter({
  id: 'pcapng',
  name: 'Packet capture, pcapng (Wireshark, tshark)',
  family: 'network',
  documentation: 'https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html',
  recognises: ({ bytes }) => bytes.length >= 28 && isSection(bytes, 0) && byteOrder(bytes, 0) !== undefined,
  start: (sink, file) => startPcapng(sink, file),
})

function startPcapng(sink: Sink, file: FileInfo): { chunk(bytes: Uint8Array): void; end(): void } {
  const capture = new Capture(sink, file)
  const records = new Records()
  let littleEndian = true
  let begun = false
  let broken = false
  let interfaces: Interface[] = []
  /** A simple packet has no time: it is near the last one that had. */
  let lastTime: RecordTime | undefined

  function take(bytes: Uint8Array): number {
    if (broken) return bytes.length
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    while (at + 12 <= bytes.length) {
      if (isSection(bytes, at)) {
        const order = byteOrder(bytes, at)
        if (order === undefined) return giveUp('section header without a byte order', bytes, at)
        littleEndian = order
        begun = true
      } else if (!begun) return giveUp('not a pcapng section header', bytes, at)
      const type = view.getUint32(at, littleEndian)
      const length = view.getUint32(at + 4, littleEndian)
      if (length < 12 || length % 4 !== 0) return giveUp(`block of ${length} bytes`, bytes, at)
      if (!isRead(type)) {
        at += length
        continue
      }
      if (length > blockBytesMax) return giveUp(`block of ${length} bytes`, bytes, at)
      if (at + length > bytes.length) break
      read(type, bytes.subarray(at, at + length))
      at += length
    }
    return at
  }

  function read(type: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (type === block.section) interfaces = []
    else if (type === block.interface) {
      if (interfaces.length < interfacesMax && bytes.length >= 20)
        interfaces.push(readInterface(view, littleEndian))
    } else if (type === block.simplePacket) simplePacket(view, bytes)
    else packet(type === block.oldPacket, view, bytes)
  }

  /** The old packet block differs only in how it writes its interface. */
  function packet(old: boolean, view: DataView, bytes: Uint8Array): void {
    if (bytes.length < 32) {
      capture.refuse('packet block without its fixed fields', bytes)
      return
    }
    const from = interfaces[old ? view.getUint16(8, littleEndian) : view.getUint32(8, littleEndian)]
    const captured = view.getUint32(20, littleEndian)
    if (!from) capture.refuse('packet of an interface that was not described', bytes)
    else if (28 + captured > bytes.length - 4) capture.refuse('packet longer than its block', bytes)
    else {
      lastTime = recordTime(
        view.getUint32(12, littleEndian),
        view.getUint32(16, littleEndian),
        from.resolution,
      )
      capture.record(
        from.linkType,
        lastTime,
        bytes.subarray(28, 28 + captured),
        view.getUint32(24, littleEndian),
      )
    }
  }

  function simplePacket(view: DataView, bytes: Uint8Array): void {
    const from = interfaces[0]
    if (!from || bytes.length < 16) {
      capture.refuse('packet of an interface that was not described', bytes)
      return
    }
    const wireBytes = view.getUint32(8, littleEndian)
    const snapBytes = from.snapBytes === 0 ? wireBytes : Math.min(wireBytes, from.snapBytes)
    const end = Math.min(bytes.length - 4, 12 + snapBytes)
    capture.record(from.linkType, lastTime, bytes.subarray(12, end), wireBytes)
  }

  function giveUp(reason: string, bytes: Uint8Array, at: number): number {
    broken = true
    capture.refuse(`${reason}; the rest of the file was not read`, bytes.subarray(at))
    return bytes.length
  }

  return {
    chunk: (bytes) => records.push(bytes, take),
    end() {
      if (records.waiting.length > 0) capture.refuse('the file ends within this block', records.waiting)
      else if (records.inside)
        capture.refuse('the file ends within a block that holds no packet', new Uint8Array(0))
      capture.end()
    },
  }
}

function isSection(bytes: Uint8Array, at: number): boolean {
  return bigEndian16(bytes, at) === 0x0a0d && bigEndian16(bytes, at + 2) === 0x0d0a
}

/** True for little endian; undefined when the magic number is in neither order. */
function byteOrder(bytes: Uint8Array, at: number): boolean | undefined {
  const high = bigEndian16(bytes, at + 8)
  const low = bigEndian16(bytes, at + 10)
  if (high === 0x4d3c && low === 0x2b1a) return true
  return high === 0x1a2b && low === 0x3c4d ? false : undefined
}

function isRead(type: number): boolean {
  return (
    type === block.section ||
    type === block.interface ||
    type === block.oldPacket ||
    type === block.simplePacket ||
    type === block.packet
  )
}

function readInterface(view: DataView, littleEndian: boolean): Interface {
  let code = 6 // µs unless an option says otherwise.
  let offsetSeconds = 0
  const end = view.byteLength - 4
  for (let at = 16; at + 4 <= end; ) {
    const option = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    if (option === 0 || at + 4 + length > end) break
    if (option === 9 && length >= 1) code = view.getUint8(at + 4)
    else if (option === 14 && length >= 8) offsetSeconds = Number(view.getBigInt64(at + 4, littleEndian))
    at += 4 + Math.ceil(length / 4) * 4
  }
  return {
    linkType: view.getUint16(8, littleEndian),
    snapBytes: view.getUint32(12, littleEndian),
    resolution: resolutionOf(code, offsetSeconds),
  }
}
