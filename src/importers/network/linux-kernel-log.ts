// Packets that Linux' firewall logged through the kernel, from syslog, journalctl (also -o json) or dmesg:
// Nov 24 08:37:09 worker-3 kernel: [16571.459614] DROP_OUT: IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 … PROTO=TCP SPT=40112 DPT=3333 …
// {"_SOURCE_REALTIME_TIMESTAMP":"1795507186457984","_HOSTNAME":"worker-3","MESSAGE":"DROP_OUT: IN= OUT=eth0 SRC=…"}
// Syslog's stamps have no year and no zone; the kernel limits how many it prints, so a missing packet proves nothing.

import { parseEpochByDigits, type Time } from '../../base/time.ts'
import { defineLinesImporter, type Sink } from '../api.ts'
import { firstRows, jsonObject, type Row } from '../head-rows.ts'
import { isPacketLog, packetEvent } from './netfilter.ts'
import { keep, textOf } from './parts.ts'
import { takeStamp } from './syslog.ts'

export const linuxKernelLog = defineLinesImporter({
  id: 'linux-kernel-log',
  name: 'Linux kernel log of nftables, iptables and UFW',
  family: 'network',
  documentation: 'https://wiki.nftables.org/wiki-nftables/index.php/Logging_traffic',
  splittable: true,
  recognises: (head) =>
    firstRows(head).some((row) => isPacketLog(messageOf(row))) ||
    head.lines.some((line) => !line.startsWith('{') && isPacketLog(line)),
  start(sink) {
    return {
      line(text, line) {
        if (text.startsWith('{')) readJournal(sink, text, line)
        else readText(sink, text, line)
      },
      end() {},
    }
  },
})

const notAPacket = 'not a packet log line'

function readText(sink: Sink, text: string, line: number): void {
  if (!isPacketLog(text)) {
    // What shows the beginnings of a packet is a broken one.
    if (/(?:^|[^A-Z])IN=\S* OUT=|\bSRC=\S+ DST=|\bPROTO=\S+ SPT=/.test(text.slice(0, 4_096))) {
      sink.reject(line, 'a packet log line that is cut off or too long', text)
    } else sink.skip(notAPacket)
    return
  }
  const { time, host, uptime, message } = takeStamp(text)
  if (time) emit(sink, time, host, uptime, message, text, line)
  else sink.reject(line, 'no stamp before the packet that could be read', text)
}

function readJournal(sink: Sink, text: string, line: number): void {
  const row = jsonObject(text)
  if (typeof row === 'string') {
    sink.reject(line, row, text)
    return
  }
  const message = messageOf(row)
  if (!isPacketLog(message)) {
    sink.skip(notAPacket)
    return
  }
  // The journal's own stamp follows the kernel's within milliseconds.
  const time = micros(row._SOURCE_REALTIME_TIMESTAMP) ?? micros(row.__REALTIME_TIMESTAMP)
  if (time) emit(sink, time, textOf(row._HOSTNAME), undefined, message, text, line)
  else sink.reject(line, 'no _SOURCE_REALTIME_TIMESTAMP or __REALTIME_TIMESTAMP', text)
}

function emit(
  sink: Sink,
  time: Time,
  host: string | undefined,
  uptime: string | undefined,
  message: string,
  text: string,
  line: number,
): void {
  const event = packetEvent(message, time, line)
  if (typeof event === 'string') {
    sink.reject(line, event, text)
    return
  }
  if (host !== undefined) event.sensor = host
  keep(event, 'uptime', uptime)
  sink.event(event)
}

/** A message that is no UTF-8 is an array of bytes. */
function messageOf(row: Row): string {
  const message = row.MESSAGE
  if (typeof message === 'string') return message
  if (!Array.isArray(message) || message.length > 8_192) return ''
  return new TextDecoder().decode(Uint8Array.from(message, (byte) => (typeof byte === 'number' ? byte : 63)))
}

function micros(value: unknown): Time | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseEpochByDigits(value) : undefined
}
