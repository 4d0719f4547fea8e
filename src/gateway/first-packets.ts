// The first packets of a sandbox, to the last: handed on in turns of its calls, so that a flood of one holds up no other;
// what there was no room for is counted, and at the end what still waits is read.

import { readIpPacket } from '../protocols/ip-packet.ts'
import type { BoxNetwork, FirstPacket } from '../schema/box-network.ts'
import type { JournalActor, JournalLine } from '../schema/journal.ts'
import { type Flow, flowOf } from './api.ts'
import { lostLine, unheardLine } from './lines.ts'
import { Turns } from './turns.ts'

export interface FirstPackets {
  /** Those that nobody saw, so far. They were not answered. */
  lost(): number
  /** Resolves when all that came was handed on; to be called when nothing inside runs any more. */
  end(): Promise<void>
}

export interface FirstPacketsOptions {
  readonly network: BoxNetwork
  readonly box: string
  readonly record: (line: JournalLine) => void
  readonly actorOf: (unit: number, flow: Flow) => JournalActor
  readonly onPacket: (packet: FirstPacket) => void
}

/** Losses are told of together, so often. Milliseconds. */
const tellMs = 1_000
/** More than what waits takes to be read. Milliseconds. */
const endMs = 10_000
/** Handed on in one turn of the event loop: reading is quick, answering is not. */
const atOnce = 64
/** Calls whose packets are counted apart between two tellings. */
const countedMax = 1_024
const waitingMax = {
  itemsMax: { each: 8_192, all: 32_768 },
  bytesMax: { each: 4 << 20, all: 32 << 20 },
}

export function readFirstPackets(options: FirstPacketsOptions): FirstPackets {
  const { network, box, record, onPacket } = options
  const waiting = new Turns<FirstPacket>(waitingMax)
  /** Packets for which a call had no room any more, by its unit. */
  const unheard = new Map<number, { count: number; readonly since: number; readonly actor: JournalActor }>()
  let seen = 0
  let lost = 0
  let told = 0
  let since = Date.now()
  let timer: NodeJS.Timeout | undefined
  let left = atOnce
  let turns = false
  /** Nobody waits for answers any more: all is counted. */
  let late = false
  const tell = () => {
    clearTimeout(timer)
    timer = undefined
    try {
      for (const [unit, { count, since, actor }] of unheard) {
        record(unheardLine(box, count, since, actor))
        unheard.delete(unit)
      }
      if (lost === told) return
      record(lostLine(box, lost - told, since))
      told = lost
      since = Date.now()
    } catch {} // Said with the next ones.
  }
  const tellSoon = () => {
    timer ??= setTimeout(tell, tellMs)
  }
  const count = (packet: FirstPacket) => {
    const known = unheard.get(packet.unit)
    const read = known || unheard.size >= countedMax ? undefined : readIpPacket(packet.bytes)
    if (known) known.count++
    else if (read)
      unheard.set(packet.unit, {
        count: 1,
        since: Date.now(),
        actor: options.actorOf(packet.unit, flowOf(read)),
      })
    else lost++
    tellSoon()
  }
  const take = () => {
    turns = false
    for (left = atOnce; left > 0 && waiting.size > 0; left--) {
      const next = waiting.take()
      if (next) onPacket(next)
    }
    if (waiting.size > 0) takeSoon()
  }
  const takeSoon = () => {
    if (!turns) setImmediate(take)
    turns = true
  }
  /** What was held until now is known by who sent it while it is handed over. */
  let handedOver = false
  network.listen(
    (packet) => {
      seen++
      // Local ones need no answer, and say who asks before what is asked for then.
      if (!handedOver || packet.scope === 'local') onPacket(packet)
      else if (late) count(packet)
      else if (left > 0 && waiting.size === 0) {
        left--
        takeSoon()
        onPacket(packet)
      } else if (waiting.put(packet.unit, { ...packet, bytes: packet.bytes.slice() }, packet.bytes.length)) {
        takeSoon()
      } else count(packet)
    },
    (count) => {
      lost += count
      tellSoon()
    },
  )
  handedOver = true

  /** Until nothing comes any more, or so long. Twice round the event loop: what waits in the kernel is read in between. */
  async function quiet(): Promise<void> {
    const until = performance.now() + endMs
    for (let before = -1; (seen !== before || waiting.size > 0) && performance.now() < until; ) {
      before = seen
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    lost: () => lost,
    async end() {
      await quiet()
      late = true
      for (let next = waiting.take(); next; next = waiting.take()) count(next)
      await quiet()
      // The last ones leave no gap that a later number would show.
      try {
        lost = Math.max(lost, network.dropped?.() ?? 0)
      } catch {} // The gaps are what is known then.
      tell()
    },
  }
}
